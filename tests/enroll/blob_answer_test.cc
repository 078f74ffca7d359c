#include "enroll/blob_answer.h"

#include <doctest/doctest.h>

namespace powernode::enroll::blob_answer_test {
namespace {

const std::string kHex(64, 'a');

Result<BlobHead> Read(int status, std::vector<HttpHeader> headers, std::uint64_t offset = 0) {
  return ReadBlobHead({.status = status, .headers = std::move(headers), .body = {}}, offset, kHex);
}

TEST_SUITE("blob_answer") {
  TEST_CASE("a whole blob begins at zero, whatever was asked for") {
    const Result<BlobHead> head = Read(200,
                                       {{"content-type", "application/octet-stream"},
                                        {"content-length", "4096"},
                                        {"etag", "\"x\""}},
                                       100);
    REQUIRE(head.ok());
    CHECK(head->offset == 0);
    CHECK(head->total == 4096);
    CHECK(head->etag == "\"x\"");
  }

  TEST_CASE("weak tags are not kept") { CHECK(Read(200, {{"etag", "W/\"x\""}})->etag.empty()); }

  TEST_CASE("a part must begin where it was asked for and say how large the whole is") {
    const Result<BlobHead> head = Read(206, {{"content-range", "bytes 100-199/200"}}, 100);
    REQUIRE(head.ok());
    CHECK(head->offset == 100);
    CHECK(head->total == 200);
    for (const std::string range :
         {"", "bytes 0-199/200", "bytes 100-199/*", "bytes 199-100/200", "bytes 100-200/200",
          "bytes 100-199/200 ", "items 100-199/200", "bytes 100-99999999999999999999/200"}) {
      CAPTURE(range);
      CHECK(Read(206, {{"content-range", range}}, 100).error().code() == "bad_content_range");
    }
  }

  TEST_CASE("a document is not an image") {
    for (const std::string type : {"application/json; charset=utf-8", "text/html"})
      CHECK(Read(200, {{"content-type", type}}).error().code() == "blob_not_served");
  }

  TEST_CASE("another digest than the wanted one ends the transfer before it begins") {
    CHECK(Read(200, {{"x-module-digest", "sha256:" + kHex}}).ok());
    CHECK(Read(200, {{"x-module-digest", "sha256:" + std::string(64, 'b')}}).error().code() ==
          "blob_superseded");
    CHECK(Read(200, {{"x-module-digest", "unknown"}}).ok());
  }

  TEST_CASE("an object begins where it was asked for or at zero, and has its size") {
    const auto read = [](int status, std::vector<HttpHeader> headers) {
      return ReadObjectHead({.status = status, .headers = std::move(headers), .body = {}}, 100,
                            200);
    };
    CHECK(read(206, {{"content-range", "bytes 100-199/200"}}).value() == 100);
    CHECK(read(200, {{"content-length", "200"}}).value() == 0);
    CHECK(read(200, {}).value() == 0);
    CHECK(read(206, {{"content-range", "bytes 99-199/200"}}).error().code() == "bad_content_range");
    CHECK(read(206, {{"content-range", "bytes 100-200/201"}}).error().code() == "size_mismatch");
    CHECK(read(200, {{"content-length", "199"}}).error().code() == "size_mismatch");
    CHECK(read(200, {{"content-type", "text/html"}}).error().code() == "object_not_served");
  }

  TEST_CASE("many objects come as their own type, or the platform cannot do it") {
    const auto check = [](const std::string& type) {
      return CheckObjectStream({.status = 200, .headers = {{"content-type", type}}, .body = {}});
    };
    CHECK(check("application/vnd.powernode.objects.v1").ok());
    for (const std::string type :
         {"", "text/html", "application/json", "application/vnd.powernode.objects.v2"})
      CHECK(check(type).error().code() == "batch_unsupported");
  }
}

}  // namespace
}  // namespace powernode::enroll::blob_answer_test
