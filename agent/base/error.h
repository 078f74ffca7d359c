// What went wrong, for the caller and for a tired operator.
//
// A closed set of kinds, chosen by what the caller or the operator does next, a stable
// machine-readable code (node-files.md §16, `error_code`), and a message that reads from the
// outside in: every layer puts its own verb and object in front ("compose root: mount module nginx:
// erofs: No such device"). *Could not check* (kCannotTell) and *checked, and it is wrong*
// (kRefuted) are different kinds.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace powernode {

enum class ErrorKind {
  kInvalid,      // the input is malformed: correct it
  kNotFound,     // the object is not there
  kUnavailable,  // not now: network, platform, time-out; trying again can help
  kDenied,       // the platform or the credentials said no
  kRefuted,      // checked, and it is wrong: signature, digest, size
  kCannotTell,   // could not be checked
  kUnsupported,  // this kernel, library or build lacks what is needed
  kRefused,      // policy forbids it
  kBusy,         // somebody else holds the lock
  kNoSpace,      // disk or budget is full
  kSystem,       // a system call failed for another reason
};

// The kind's name in lower case ("refuted"), for logs and JSON.
std::string_view ErrorKindName(ErrorKind kind);

// One pointer: a Result is as small as its value, and what every caller does with a failure is done
// in one place. An error that was moved from may only be destroyed or assigned to.
class [[nodiscard]] Error {
 public:
  // `code` is a stable word such as "digest_mismatch".
  Error(ErrorKind kind, std::string_view code, std::string message);
  Error(const Error& other);
  Error(Error&& other) noexcept : detail_(std::exchange(other.detail_, nullptr)) {}
  Error& operator=(Error other) noexcept {
    std::swap(detail_, other.detail_);
    return *this;
  }
  ~Error();

  ErrorKind kind() const;
  const std::string& code() const;
  const std::string& message() const;

  // errno of the failed system call, or 0.
  int system_errno() const;
  Error& set_system_errno(int value);

  // Puts "context: " in front of the message.
  Error WithContext(std::string_view context) &&;
  Error WithContext(std::string_view context) const&;

  // Appends what went wrong while cleaning up; the first error stays the first.
  Error AlsoFailed(const Error& later) &&;

 private:
  struct Detail;
  Detail* detail_;
};

// The error of a system call that set `saved_errno`: "what: No space left on device". The kind
// follows the errno (ENOSPC -> kNoSpace, ENOENT -> kNotFound, ENOSYS/EOPNOTSUPP -> kUnsupported,
// ...); the code is "no_space", "read_only" or else "system_error".
Error SystemError(std::string_view what, int saved_errno);

}  // namespace powernode
