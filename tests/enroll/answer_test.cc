#include "enroll/answer.h"

#include <doctest/doctest.h>

namespace powernode::enroll::answer_test {
namespace {

HttpResponse Response(int status, std::string body, std::vector<HttpHeader> headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

TEST_SUITE("answer") {
  TEST_CASE("data is what a successful envelope carries") {
    CHECK(DataOf(Response(200, R"({"success":true,"data":{"a":1}})"))->at("a") == 1);
    CHECK(DataOf(Response(201, R"({"success":true})"))->empty());
    CHECK(DataOf(Response(200, R"({"success":true,"data":null,"meta":{}})"))->empty());
    CHECK(DataOf(Response(200, R"({"success":true,"data":[1]})"))->is_object());
  }

  TEST_CASE("everything else is an error of the right kind") {
    struct Row {
      int status;
      std::string body;
      ErrorKind kind;
      std::string code;
    };
    const std::string bad = R"({"success":false,"error":"no"})";
    const std::string good = R"({"success":true,"data":{}})";
    for (const Row& row : std::vector<Row>{
             {200, bad, ErrorKind::kInvalid, "bad_answer"},
             {200, "{}", ErrorKind::kInvalid, "bad_answer"},
             {200, R"({"success":"true"})", ErrorKind::kInvalid, "bad_answer"},
             {200, "<html>hello</html>", ErrorKind::kUnavailable, "not_json"},
             {200, "", ErrorKind::kUnavailable, "not_json"},
             {200, "[]", ErrorKind::kUnavailable, "not_json"},
             {302, "", ErrorKind::kInvalid, "unexpected_redirect"},
             {400, bad, ErrorKind::kInvalid, "bad_request"},
             {401, bad, ErrorKind::kDenied, "unauthorized"},
             {403, bad, ErrorKind::kDenied, "forbidden"},
             {404, bad, ErrorKind::kNotFound, "not_found"},
             {405, "", ErrorKind::kNotFound, "not_found"},
             {501, "", ErrorKind::kNotFound, "not_found"},
             {409, bad, ErrorKind::kDenied, "conflict"},
             {413, bad, ErrorKind::kDenied, "rejected"},
             {422, bad, ErrorKind::kDenied, "rejected"},
             {429, bad, ErrorKind::kUnavailable, "rate_limited"},
             {500, good, ErrorKind::kUnavailable, "platform_error"},
             {503, "<html>", ErrorKind::kUnavailable, "platform_error"},
             {599, "", ErrorKind::kUnavailable, "platform_error"},
         }) {
      const Result<Json> data = DataOf(Response(row.status, row.body));
      CAPTURE(row.status);
      CAPTURE(row.body);
      REQUIRE_FALSE(data.ok());
      CHECK(data.error().kind() == row.kind);
      CHECK(data.error().code() == row.code);
    }
  }

  TEST_CASE("the server's words are quoted, printable and short") {
    const Error error = ErrorOfStatus(Response(422, R"({"error":"a\u001b[2Jb\n"})"));
    CHECK(error.message() == "the platform answered 422: a?[2Jb?");
    CHECK(PrintableText(std::string(5000, 'x')).size() == 200);
  }

  TEST_CASE("Retry-After is seconds from the header, else from the body, and bounded") {
    CHECK(RetryAfterOf(Response(429, "", {{"retry-after", "7"}})) == std::chrono::seconds(7));
    CHECK(RetryAfterOf(Response(429, R"({"retry_after":12})")) == std::chrono::seconds(12));
    CHECK(RetryAfterOf(Response(429, R"({"retry_after":12})", {{"retry-after", "7"}})) ==
          std::chrono::seconds(7));
    CHECK(RetryAfterOf(Response(503, "", {{"retry-after", "99999"}})) == kMaxRetryAfter);
    for (const std::string text : {"", "-1", "soon", "7s", "Wed, 21 Oct 2026 07:28:00 GMT"})
      CHECK_FALSE(RetryAfterOf(Response(503, "", {{"retry-after", text}})).has_value());
  }
}

}  // namespace
}  // namespace powernode::enroll::answer_test
