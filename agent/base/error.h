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

class [[nodiscard]] Error {
 public:
  // `code` is a stable word such as "digest_mismatch".
  Error(ErrorKind kind, std::string code, std::string message)
      : kind_(kind), code_(std::move(code)), message_(std::move(message)) {}

  ErrorKind kind() const { return kind_; }
  const std::string& code() const { return code_; }
  const std::string& message() const { return message_; }

  // errno of the failed system call, or 0.
  int system_errno() const { return errno_; }
  Error& set_system_errno(int value) {
    errno_ = value;
    return *this;
  }

  // Puts "context: " in front of the message.
  Error WithContext(std::string_view context) &&;
  Error WithContext(std::string_view context) const&;

  // Appends what went wrong while cleaning up; the first error stays the first.
  Error AlsoFailed(const Error& later) &&;

 private:
  ErrorKind kind_;
  std::string code_;
  std::string message_;
  int errno_ = 0;
};

// The error of a system call that set `saved_errno`: "what: No space left on device". The kind
// follows the errno (ENOSPC -> kNoSpace, ENOENT -> kNotFound, ENOSYS/EOPNOTSUPP -> kUnsupported,
// ...); the code is "no_space", "read_only" or else "system_error".
Error SystemError(std::string_view what, int saved_errno);

}  // namespace powernode
