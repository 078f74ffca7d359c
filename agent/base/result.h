// A value or an Error: what every function that can fail returns. Our code does not throw.
//
//   Result<Fd> fd = Open(path, O_RDONLY);
//   if (!fd) return std::move(fd).error().WithContext("read state");
//
//   ASSIGN_OR_RETURN(Fd fd, Open(path, O_RDONLY));                       // passes the error on
//   ASSIGN_OR_RETURN_CONTEXT(Fd fd, Open(path, O_RDONLY), "read state"); // with context
//   RETURN_IF_ERROR(SyncDirectory(dir));
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "agent/base/error.h"

namespace powernode {

template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Precondition: ok().
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // Precondition: !ok().
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }

  const Error& error() const& { return *error_; }    // NOLINT: the caller has looked at ok()
  Error&& error() && { return *std::move(error_); }  // NOLINT: as above

 private:
  std::optional<Error> error_;
};

// For functions that only succeed or fail: `return Ok();`.
using Status = Result<void>;
inline Status Ok() { return {}; }

}  // namespace powernode

#define POWERNODE_CONCAT_INNER(a, b) a##b
#define POWERNODE_CONCAT(a, b) POWERNODE_CONCAT_INNER(a, b)

#define RETURN_IF_ERROR(expression)                              \
  do {                                                           \
    if (auto powernode_status = (expression); !powernode_status) \
      return std::move(powernode_status).error();                \
  } while (false)

#define RETURN_IF_ERROR_CONTEXT(expression, context)                   \
  do {                                                                 \
    if (auto powernode_status = (expression); !powernode_status)       \
      return std::move(powernode_status).error().WithContext(context); \
  } while (false)

#define ASSIGN_OR_RETURN_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                                   \
  if (!temporary) return std::move(temporary).error();             \
  declaration = std::move(temporary).value()

#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_INNER(POWERNODE_CONCAT(powernode_result_, __LINE__), declaration, expression)

#define ASSIGN_OR_RETURN_CONTEXT_INNER(temporary, declaration, expression, context) \
  auto temporary = (expression);                                                    \
  if (!temporary) return std::move(temporary).error().WithContext(context);         \
  declaration = std::move(temporary).value()

#define ASSIGN_OR_RETURN_CONTEXT(declaration, expression, context)                           \
  ASSIGN_OR_RETURN_CONTEXT_INNER(POWERNODE_CONCAT(powernode_result_, __LINE__), declaration, \
                                 expression, context)
