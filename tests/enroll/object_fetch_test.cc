// How composefs objects are asked for, and which answers are taken.
#include <doctest/doctest.h>

#include "enroll/node_api.h"
#include "tests/enroll/object_stream.h"
#include "tests/enroll/sample_credentials.h"
#include "tests/enroll/scripted_platform.h"

namespace powernode::enroll::object_fetch_test {
namespace {

using namespace testing;

const std::string kStream = "application/vnd.powernode.objects.v1";
const std::string kContent = "the bytes of one file";

struct Fixture {
  Authority authority;
  CredentialsPtr credentials = std::make_shared<const Credentials>(SampleCredentials(authority));
  StandingClock clock{1'770'000'000};
  ScriptedPlatform platform;
  Session session{credentials, platform.Transports(), clock};
  NodeApi api{session};
  std::string got;
  std::optional<std::uint64_t> offset;

  std::string HeaderOf(const HttpRequest& request, std::string_view name) {
    for (const HttpHeader& header : request.headers)
      if (header.name == name) return header.value;
    return {};
  }
  Status Keep(std::span<const std::byte> bytes) {
    got.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return Ok();
  }
  Status FetchOne(std::uint64_t from) {
    return api.FetchObject(
        {.object = ObjectOf(kContent), .offset = from},
        [&](std::uint64_t begin) -> Status {
          offset = begin;
          return Ok();
        },
        [&](std::span<const std::byte> bytes) { return Keep(bytes); }, {});
  }
  Status FetchMany(const std::vector<WantedObject>& wanted) {
    const ObjectSink sink{.begin = [](const WantedObject&) { return Ok(); },
                          .bytes = [&](std::span<const std::byte> bytes) { return Keep(bytes); },
                          .end = [] { return Ok(); }};
    return api.FetchObjects(wanted, sink, {});
  }
};

}  // namespace

TEST_SUITE("object_fetch") {
  TEST_CASE("an object is asked for by its digest, and resumed under its digest as the ETag") {
    const std::string hex = ObjectOf(kContent).digest.Hex();
    Fixture fixture;
    fixture.platform.Answer(200, kContent);
    REQUIRE(fixture.FetchOne(0).ok());
    CHECK(fixture.got == kContent);
    CHECK(fixture.offset == 0);
    const HttpRequest whole = fixture.platform.requests().at(0);
    CHECK(whole.method == "GET");
    CHECK(whole.url.ends_with("/node_api/objects/" + hex));
    CHECK(fixture.HeaderOf(whole, "Range").empty());

    Fixture resumed;
    resumed.platform.Answer(206, kContent.substr(4), {{"content-range", "bytes 4-20/21"}});
    REQUIRE(resumed.FetchOne(4).ok());
    CHECK(resumed.got == kContent.substr(4));
    CHECK(resumed.offset == 4);
    const HttpRequest& rest = resumed.platform.requests().at(0);
    CHECK(resumed.HeaderOf(rest, "Range") == "bytes=4-");
    CHECK(resumed.HeaderOf(rest, "If-Range") == "\"" + hex + "\"");
  }

  TEST_CASE("an object with more bytes than it has is refused before they are handed on") {
    Fixture fixture;
    fixture.platform.Answer(200, kContent + "!");
    const Status fetched = fixture.FetchOne(0);
    CHECK(fetched.error().code() == "size_mismatch");
    CHECK(fixture.got.empty());
  }

  TEST_CASE("an error's text is longer than a small object, and still the error counts") {
    Fixture fixture;
    fixture.platform.Answer(404, R"({"success":false,"error":")" + std::string(500, 'x') + "\"}");
    CHECK(fixture.FetchOne(0).error().kind() == ErrorKind::kNotFound);
    CHECK(fixture.platform.requests().at(0).limits.max_body >= 64 * 1024);
    CHECK_FALSE(fixture.offset);
  }

  TEST_CASE("many objects are one POST, under an idempotency key of its own") {
    Fixture fixture;
    fixture.platform.Answer(200, ObjectFrame("b") + ObjectFrame(kContent) + EndOfObjects(),
                            {{"content-type", kStream}});
    REQUIRE(fixture.FetchMany({ObjectOf(kContent), ObjectOf("b")}).ok());
    REQUIRE(fixture.FetchMany({ObjectOf(kContent), ObjectOf("b")}).ok());
    CHECK(fixture.got == "b" + kContent + "b" + kContent);
    const auto& requests = fixture.platform.requests();
    CHECK(requests.size() == 2);
    CHECK(requests[0].method == "POST");
    CHECK(requests[0].url.ends_with("/node_api/objects/fetch"));
    CHECK(requests[0].body == R"({"digests":[")" + ObjectOf(kContent).digest.Hex() + R"(",")" +
                                  ObjectOf("b").digest.Hex() + R"("]})");
    CHECK(fixture.HeaderOf(requests[0], "Content-Type") == "application/json");
    CHECK(fixture.HeaderOf(requests[0], "Idempotency-Key").size() == 36);
    CHECK(fixture.HeaderOf(requests[0], "Idempotency-Key") !=
          fixture.HeaderOf(requests[1], "Idempotency-Key"));
  }

  TEST_CASE("a POST that failed is not sent again behind the caller's back") {
    Fixture fixture;
    fixture.platform.Answer(503, "{}");
    CHECK(fixture.FetchMany({ObjectOf(kContent)}).error().kind() == ErrorKind::kUnavailable);
    CHECK(fixture.platform.requests().size() == 1);
  }

  TEST_CASE("a platform that has no such route says so in several ways") {
    for (const int status : {404, 405, 501, 200}) {
      CAPTURE(status);
      Fixture fixture;
      fixture.platform.Answer(status, "<html>", {{"content-type", "text/html"}});
      const Status fetched = fixture.FetchMany({ObjectOf(kContent)});
      CHECK(fetched.error().kind() == ErrorKind::kUnsupported);
      CHECK(fetched.error().code() == "batch_unsupported");
    }
  }

  TEST_CASE("an answer without its end record is a lost connection") {
    Fixture fixture;
    fixture.platform.Answer(200, ObjectFrame(kContent), {{"content-type", kStream}});
    CHECK(fixture.FetchMany({ObjectOf(kContent)}).error().code() == "connection_lost");
    CHECK(fixture.got == kContent);
  }

  TEST_CASE("more than one answer may hold is not asked for") {
    Fixture fixture;
    WantedObject huge = ObjectOf("x");
    huge.size = NodeApi::kMaxObjectStream;
    CHECK(fixture.FetchMany({huge}).error().code() == "too_many_objects");
    huge.size = ~std::uint64_t{0};
    CHECK(fixture.FetchMany({huge, ObjectOf("y")}).error().code() == "too_many_objects");
    CHECK(fixture.FetchMany(std::vector(1001, ObjectOf("x"))).error().code() == "too_many_objects");
    CHECK(fixture.platform.requests().empty());
  }
}

}  // namespace powernode::enroll::object_fetch_test
