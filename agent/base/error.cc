#include "agent/base/error.h"

#include <cerrno>
#include <system_error>

namespace powernode {
namespace {

ErrorKind KindOfErrno(int value) {
  switch (value) {
    case ENOENT:
    case ENODATA:
      return ErrorKind::kNotFound;
    case ENOSPC:
    case EDQUOT:
      return ErrorKind::kNoSpace;
    case ENOSYS:
    case EOPNOTSUPP:
    case ENOTTY:
      return ErrorKind::kUnsupported;
    case EAGAIN:
    case EBUSY:
      return ErrorKind::kBusy;
    default:
      return ErrorKind::kSystem;
  }
}

// A full and a read-only disk are what an operator can do something about, and look for.
std::string_view CodeOfErrno(int value) {
  switch (value) {
    case ENOSPC:
    case EDQUOT:
      return "no_space";
    case EROFS:
      return "read_only";
    default:
      return "system_error";
  }
}

}  // namespace

std::string_view ErrorKindName(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return "invalid";
    case ErrorKind::kNotFound:
      return "not_found";
    case ErrorKind::kUnavailable:
      return "unavailable";
    case ErrorKind::kDenied:
      return "denied";
    case ErrorKind::kRefuted:
      return "refuted";
    case ErrorKind::kCannotTell:
      return "cannot_tell";
    case ErrorKind::kUnsupported:
      return "unsupported";
    case ErrorKind::kRefused:
      return "refused";
    case ErrorKind::kBusy:
      return "busy";
    case ErrorKind::kNoSpace:
      return "no_space";
    case ErrorKind::kSystem:
      return "system";
  }
  return "unknown";
}

struct Error::Detail {
  ErrorKind kind;
  std::string code;
  std::string message;
  int system_errno = 0;
};

Error::Error(ErrorKind kind, std::string_view code, std::string message)
    : detail_(new Detail{kind, std::string(code), std::move(message)}) {}
Error::Error(const Error& other) : detail_(new Detail(*other.detail_)) {}
Error::~Error() { delete detail_; }

ErrorKind Error::kind() const { return detail_->kind; }
const std::string& Error::code() const { return detail_->code; }
const std::string& Error::message() const { return detail_->message; }
int Error::system_errno() const { return detail_->system_errno; }

Error& Error::set_system_errno(int value) {
  detail_->system_errno = value;
  return *this;
}

Error Error::WithContext(std::string_view context) && {
  detail_->message.insert(0, std::string(context) + ": ");
  return std::move(*this);
}

Error Error::WithContext(std::string_view context) const& {
  return Error(*this).WithContext(context);
}

Error Error::AlsoFailed(const Error& later) && {
  detail_->message += " (then, while cleaning up: " + later.message() + ")";
  return std::move(*this);
}

Error SystemError(std::string_view what, int saved_errno) {
  Error error(KindOfErrno(saved_errno), std::string(CodeOfErrno(saved_errno)),
              std::string(what) + ": " + std::generic_category().message(saved_errno));
  error.set_system_errno(saved_errno);
  return error;
}

}  // namespace powernode
