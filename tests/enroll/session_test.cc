#include "enroll/session.h"

#include <doctest/doctest.h>

#include <optional>
#include <thread>

#include "enroll/node_api.h"
#include "tests/enroll/sample_credentials.h"
#include "tests/enroll/scripted_platform.h"

namespace powernode::enroll::session_test {
namespace {

using namespace testing;
using std::chrono::seconds;

struct Fixture {
  Authority authority;
  CredentialsPtr credentials = std::make_shared<const Credentials>(SampleCredentials(authority));
  StandingClock clock{1'770'000'000};
  ScriptedPlatform platform;
  Session session{credentials, platform.Transports(), clock};
  NodeApi api{session};

  std::string HeaderOf(const HttpRequest& request, std::string_view name) {
    for (const HttpHeader& header : request.headers)
      if (header.name == name) return header.value;
    return {};
  }
};

const std::string kOk = R"({"success":true,"data":{}})";
const std::string kHex(64, 'a');

Status Ignore(std::span<const std::byte>) { return Ok(); }

TEST_SUITE("session") {
  TEST_CASE(
      "a call goes to the platform's origin with the headers of the contract and our certificate") {
    Fixture fixture;
    fixture.platform.Answer(200, kOk);
    REQUIRE(fixture.session.Call({.path = "status/heartbeat", .body = Json{{"a", 1}}}, {}).ok());
    const HttpRequest& request = fixture.platform.requests().at(0);
    CHECK(request.url == "https://p.test:8443/api/v1/system/node_api/status/heartbeat");
    CHECK(request.method == "POST");
    CHECK(request.body == R"({"a":1})");
    CHECK(fixture.HeaderOf(request, "Accept") == "application/json");
    CHECK(fixture.HeaderOf(request, "Content-Type") == "application/json");
    CHECK(fixture.HeaderOf(request, "User-Agent").starts_with("powernode-agent/"));
    CHECK(fixture.HeaderOf(request, "X-Request-Id").size() == 36);
    CHECK(fixture.HeaderOf(request, "Idempotency-Key").empty());
    const TlsIdentity& tls = fixture.platform.connections().at(0);
    CHECK(tls.minimum == TlsVersion::k13);
    CHECK(tls.ca_pem == fixture.credentials->ca_pem);
    CHECK(tls.certificate_pem == fixture.credentials->certificate_pem);
  }

  TEST_CASE("a GET is tried four times in all, a heartbeat once") {
    Fixture fixture;
    CHECK(fixture.session.Call({.path = "modules", .body = {}, .retries = kGetRetries}, {})
              .error()
              .code() == "connect_failed");
    CHECK(fixture.platform.requests().size() == 4);
    for (const auto sleep : fixture.clock.sleeps) CHECK(sleep <= seconds(8));
    CHECK_FALSE(fixture.api.Heartbeat(Json::object(), {}).ok());
    CHECK(fixture.platform.requests().size() == 5);
  }

  TEST_CASE("what will not pass by itself is not tried again") {
    for (const int status : {302, 400, 401, 403, 404, 409, 422}) {
      Fixture fixture;
      fixture.platform.Answer(status, "{}");
      CHECK_FALSE(
          fixture.session.Call({.path = "modules", .body = {}, .retries = kGetRetries}, {}).ok());
      CHECK(fixture.platform.requests().size() == 1);
    }
  }

  TEST_CASE("a page of HTML with status 200 is tried again like a proxy's fault") {
    Fixture fixture;
    fixture.platform.Answer(200, "<html>");
    fixture.platform.Answer(200, kOk);
    CHECK(fixture.session.Call({.path = "modules", .body = {}, .retries = kGetRetries}, {}).ok());
  }

  TEST_CASE(
      "a short Retry-After replaces the wait, a long one ends the call and is obeyed by the next") {
    Fixture fixture;
    fixture.platform.Answer(503, "", {{"retry-after", "5"}});
    fixture.platform.Answer(503, "", {{"retry-after", "300"}});
    fixture.platform.Answer(200, kOk);
    const ApiCall call{.path = "modules", .body = {}, .retries = kGetRetries};
    CHECK(fixture.session.Call(call, {}).error().code() == "platform_error");
    CHECK(fixture.clock.sleeps == std::vector<std::chrono::milliseconds>{seconds(5)});
    CHECK(fixture.session.AskedToWait(LaneName::kControl) == seconds(300));
    CHECK(fixture.session.AskedToWait(LaneName::kTask) == seconds(0));
    const Result<Json> next = fixture.session.Call(call, {});
    REQUIRE_FALSE(next.ok());
    CHECK(next.error().code() == "asked_to_wait");
    CHECK(next.error().message() == "the platform asked this node to wait another 300 s");
    CHECK(fixture.platform.requests().size() == 2);
    REQUIRE(fixture.clock.Sleep(seconds(300), {}));
    CHECK(fixture.session.Call(call, {}).ok());
  }

  TEST_CASE("an idempotency key stays the same over the retries of one call") {
    Fixture fixture;
    fixture.platform.Answer(502, "");
    fixture.platform.Answer(200, kOk);
    const ApiCall call{.path = "fleet/events",
                       .body = Json::object(),
                       .retries = {.count = 1, .cap = seconds(8)},
                       .repeatable = Repeatable::kByKey};
    REQUIRE(fixture.session.Call(call, {}).ok());
    const auto& requests = fixture.platform.requests();
    const std::string key = fixture.HeaderOf(requests.at(0), "Idempotency-Key");
    CHECK(key.size() == 36);
    CHECK(fixture.HeaderOf(requests.at(1), "Idempotency-Key") == key);
    CHECK(fixture.HeaderOf(requests.at(0), "X-Request-Id") !=
          fixture.HeaderOf(requests.at(1), "X-Request-Id"));
  }

  TEST_CASE("replaced credentials are used by every lane's next call") {
    Fixture fixture;
    fixture.platform.Answer(200, kOk);
    REQUIRE(fixture.session.Call({.path = "status", .body = {}}, {}).ok());
    fixture.session.Replace(
        std::make_shared<const Credentials>(SampleCredentials(fixture.authority)));
    REQUIRE(fixture.session.Call({.path = "status", .body = {}}, {}).ok());
    REQUIRE(fixture.session.Call({.path = "status", .body = {}}, {}).ok());
    const auto& connections = fixture.platform.connections();
    REQUIRE(connections.size() == 2);
    CHECK(connections[1].certificate_pem == fixture.session.credentials()->certificate_pem);
    CHECK(connections[0].certificate_pem != connections[1].certificate_pem);
  }

  TEST_CASE("a 401 for credentials that were replaced meanwhile is no failure") {
    Fixture fixture;
    fixture.platform.Answer([&](const HttpRequest&) -> Result<HttpResponse> {
      fixture.session.Replace(
          std::make_shared<const Credentials>(SampleCredentials(fixture.authority)));
      return HttpResponse{.status = 401, .headers = {}, .body = "{}"};
    });
    fixture.platform.Answer(200, kOk);
    CHECK(fixture.session.Call({.path = "status", .body = {}}, {}).ok());
    CHECK(fixture.platform.requests().size() == 2);
    CHECK(fixture.platform.connections().at(1).certificate_pem ==
          fixture.session.credentials()->certificate_pem);
  }

  TEST_CASE("a 401 while others are tried waits for the end of the trial") {
    Fixture fixture;
    std::optional<Session::Trial> trial(std::in_place, fixture.session);
    std::jthread trier;
    fixture.platform.Answer([&](const HttpRequest&) -> Result<HttpResponse> {
      trier = std::jthread([&] {
        fixture.session.Replace(
            std::make_shared<const Credentials>(SampleCredentials(fixture.authority)));
        trial.reset();
      });
      return HttpResponse{.status = 401, .headers = {}, .body = "{}"};
    });
    fixture.platform.Answer(200, kOk);
    CHECK(fixture.session.Call({.path = "status", .body = {}}, {}).ok());
  }

  TEST_CASE("three 401 over five minutes are a rejection, a good answer ends it") {
    Fixture fixture;
    fixture.platform.Answer(401, "{}");
    const ApiCall call{.path = "status", .body = {}};
    for (int i = 0; i < 3; ++i) {
      CHECK_FALSE(fixture.session.Call(call, {}).ok());
      CHECK_FALSE(fixture.session.IsRejected());
      REQUIRE(fixture.clock.Sleep(seconds(140), {}));
    }
    CHECK(fixture.session.IsRejected());
  }

  TEST_CASE("403 is no rejection, nor is a fault of the server the end of one") {
    Fixture fixture;
    for (const int status : {403, 401, 500, 401, 503, 401}) fixture.platform.Answer(status, "{}");
    for (int i = 0; i < 6; ++i) {
      CHECK_FALSE(fixture.session.Call({.path = "status", .body = {}}, {}).ok());
      REQUIRE(fixture.clock.Sleep(seconds(100), {}));
    }
    CHECK(fixture.session.rejection().count == 3);
    CHECK(fixture.session.IsRejected());
  }

  TEST_CASE("a stop ends the waiting between tries") {
    Fixture fixture;
    std::stop_source stop;
    stop.request_stop();
    CHECK_FALSE(fixture.session
                    .Call({.path = "modules", .body = {}, .retries = kGetRetries}, stop.get_token())
                    .ok());
    CHECK(fixture.platform.requests().size() <= 1);
  }
}

TEST_SUITE("node_api") {
  TEST_CASE("an id that may not stand in a path is never sent") {
    Fixture fixture;
    for (const std::string id : {"", "../x", "a/b", "a%2fb", "a?b", "a..b"}) {
      CHECK(fixture.api.ShowModule(id, {}).error().code() == "bad_module_id");
      CHECK(fixture.api.FetchSignature(id, {}).error().code() == "bad_module_id");
      CHECK(fixture.api
                .FetchBlob({.module_id = id, .sha256_hex = kHex, .if_range = {}},
                           [](const BlobHead&) { return Ok(); }, Ignore, {})
                .error()
                .code() == "bad_module_id");
    }
    CHECK(fixture.platform.requests().empty());
  }

  TEST_CASE("a heartbeat's answer is clamped") {
    Fixture fixture;
    fixture.platform.Answer(
        200, R"({"success":true,"data":{"acknowledged":true,"server_time":"2026-05-20T10:00:00Z",
                            "next_poll_seconds":1,"tasks_pending":-3,"assignment_revision":"42"}})");
    const Result<HeartbeatAnswer> answer = fixture.api.Heartbeat(Json::object(), {});
    REQUIRE(answer.ok());
    CHECK(answer->server_time == ParseTime("2026-05-20T10:00:00Z"));
    CHECK(answer->next_poll == seconds(5));
    CHECK(answer->tasks_pending == 0);
    CHECK(answer->assignment_revision == 42);
  }

  TEST_CASE("a module that is not the one asked for is refused") {
    Fixture fixture;
    fixture.platform.Answer(200, R"({"success":true,"data":{"id":"m2","name":"x"}})");
    CHECK(fixture.api.ShowModule("m1", {}).error().code() == "bad_module");
  }

  TEST_CASE("errors name the verb, the place and the reason") {
    Fixture fixture;
    CHECK(fixture.api.ListModules({}, kNoRetries).error().message() ==
          "list modules: https://p.test:8443: nobody home");
  }

  TEST_CASE("a blob is asked for by content first, then by module, and resumes where it ended") {
    Fixture fixture;
    fixture.platform.Answer(404, R"({"success":false,"error":"no"})",
                            {{"content-type", "application/json"}});
    fixture.platform.Answer(206, "tail", {{"content-range", "bytes 6-9/10"}, {"etag", "\"e\""}});
    std::string got;
    std::optional<BlobHead> head;
    const Status fetched = fixture.api.FetchBlob(
        {.module_id = "m1", .sha256_hex = kHex, .offset = 6, .if_range = "\"e\""},
        [&](const BlobHead& given) -> Status {
          head = given;
          return Ok();
        },
        [&](std::span<const std::byte> bytes) -> Status {
          got.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
          return Ok();
        },
        {});
    REQUIRE(fetched.ok());
    CHECK(got == "tail");
    CHECK(head->offset == 6);
    CHECK(head->total == 10);
    const auto& requests = fixture.platform.requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].url.ends_with("/blobs/sha256/" + kHex));
    CHECK(requests[1].url.ends_with("/files/modules/m1"));
    CHECK(fixture.HeaderOf(requests[1], "Range") == "bytes=6-");
    CHECK(fixture.HeaderOf(requests[1], "If-Range") == "\"e\"");
  }

  TEST_CASE("no byte of a bad answer reaches the sink") {
    for (const int status : {302, 401, 404, 416, 500}) {
      Fixture fixture;
      fixture.platform.Answer(status, "not the image");
      bool touched = false;
      const Status fetched = fixture.api.FetchBlob(
          {.module_id = "m1", .sha256_hex = kHex, .if_range = {}},
          [&](const BlobHead&) -> Status {
            touched = true;
            return Ok();
          },
          [&](std::span<const std::byte>) -> Status {
            touched = true;
            return Ok();
          },
          {});
      CHECK_FALSE(fetched.ok());
      CHECK_FALSE(touched);
    }
  }

  TEST_CASE(
      "a signature comes bare or in an envelope, from the second route when the first has none") {
    const std::string bundle = R"({"base64Signature":"MEUC"})";
    Fixture bare;
    bare.platform.Answer(404, "");
    bare.platform.Answer(200, bundle);
    CHECK(*bare.api.FetchSignature("m1", {}) == bundle);
    CHECK(bare.platform.requests().at(1).url.ends_with("/files/modules/m1/cosign-bundle"));
    Fixture wrapped;
    wrapped.platform.Answer(200, R"({"success":true,"data":)" + bundle + "}");
    CHECK(*wrapped.api.FetchSignature("m1", {}) == bundle);
    Fixture none;
    none.platform.Answer(404, "");
    CHECK(none.api.FetchSignature("m1", {}).error().kind() == ErrorKind::kNotFound);
    Fixture html;
    html.platform.Answer(200, "<html>");
    CHECK(html.api.FetchSignature("m1", {}, kNoRetries).error().code() == "not_json");
  }
}

}  // namespace
}  // namespace powernode::enroll::session_test
