#include "agent/base/result.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <memory>
#include <string>

namespace powernode::result_test {
namespace {

TEST_SUITE_BEGIN("result");

Error Sample() { return Error(ErrorKind::kRefuted, "digest_mismatch", "the bytes differ"); }

Result<int> Half(int value) {
  if (value % 2 != 0) return Error(ErrorKind::kInvalid, "odd", "odd number");
  return value / 2;
}

Result<int> Quarter(int value) {
  ASSIGN_OR_RETURN(const int half, Half(value));
  ASSIGN_OR_RETURN_CONTEXT(const int quarter, Half(half), "second half");
  return quarter;
}

Status OnlyEven(int value) {
  RETURN_IF_ERROR_CONTEXT(Half(value), "check");
  return Ok();
}

TEST_CASE("context stands in front, the outermost first, and changes neither kind nor code") {
  const Error error = Sample().WithContext("module nginx").WithContext("compose root");
  CHECK(error.message() == "compose root: module nginx: the bytes differ");
  CHECK(error.kind() == ErrorKind::kRefuted);
  CHECK(error.code() == "digest_mismatch");
}

TEST_CASE("context on a copy leaves the original alone") {
  const Error original = Sample();
  CHECK(original.WithContext("outside").message() == "outside: the bytes differ");
  CHECK(original.message() == "the bytes differ");
}

TEST_CASE("a failure while cleaning up is appended, and the first error stays the first") {
  const Error error =
      Sample().AlsoFailed(Error(ErrorKind::kSystem, "system_error", "umount: busy"));
  CHECK(error.kind() == ErrorKind::kRefuted);
  CHECK(error.code() == "digest_mismatch");
  CHECK(error.message() == "the bytes differ (then, while cleaning up: umount: busy)");
}

TEST_CASE("the macros pass errors on, with their context, and values through") {
  CHECK(*Quarter(12) == 3);
  CHECK(Quarter(3).error().message() == "odd number");
  CHECK(Quarter(6).error().message() == "second half: odd number");
  CHECK(OnlyEven(2).ok());
  CHECK(OnlyEven(1).error().message() == "check: odd number");
}

TEST_CASE("carries a value that can only be moved") {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  REQUIRE(result);
  const std::unique_ptr<int> value = std::move(result).value();
  CHECK(*value == 7);
}

TEST_CASE("an errno becomes the kind that says what to do next") {
  struct Row {
    int value;
    ErrorKind kind;
  };
  for (const Row& row : {Row{ENOENT, ErrorKind::kNotFound}, Row{ENOSPC, ErrorKind::kNoSpace},
                         Row{EDQUOT, ErrorKind::kNoSpace}, Row{ENOSYS, ErrorKind::kUnsupported},
                         Row{EOPNOTSUPP, ErrorKind::kUnsupported}, Row{EBUSY, ErrorKind::kBusy},
                         Row{EAGAIN, ErrorKind::kBusy}, Row{EIO, ErrorKind::kSystem}}) {
    const Error error = SystemError("open /x", row.value);
    CHECK_MESSAGE(error.kind() == row.kind, error.message());
    CHECK(error.system_errno() == row.value);
    CHECK(error.message().starts_with("open /x: "));
  }
  CHECK(SystemError("open /x", ENOENT).message() == "open /x: No such file or directory");
}

TEST_CASE("errno survives the way up") {
  CHECK(SystemError("write", ENOSPC).WithContext("persist").system_errno() == ENOSPC);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::result_test
