// The task routes with a scripted platform: what is sent, and what each answer means.
#include "enroll/task_api.h"

#include <doctest/doctest.h>

#include "tests/enroll/sample_credentials.h"
#include "tests/enroll/scripted_platform.h"

namespace powernode::enroll::task_api_test {
namespace {

using namespace testing;

struct Fixture {
  Authority authority;
  StandingClock clock{1'770'000'000};
  ScriptedPlatform platform;
  Session session{std::make_shared<const Credentials>(SampleCredentials(authority)),
                  platform.Transports(), clock};
  TaskApi api{session};
  TaskAttempt attempt{.task_id = "t1", .attempt_id = "a1", .lease_token = "L9"};

  Json Sent() const { return *ParseJson(platform.requests().back().body); }
  std::string Path() const {
    const std::string& url = platform.requests().back().url;
    return url.substr(url.find("node_api/") + 9);
  }
};

std::string Shown(const std::string& status) {
  return R"({"success":true,"data":{"task":{"id":"t1","command":"sync","status":")" + status +
         R"("}}})";
}
const std::string kDone = R"({"success":true,"data":{}})";
const std::string kNo = R"({"success":false,"error":"no"})";

TEST_SUITE("task_api") {
  TEST_CASE("an acknowledgement names attempt and boot, and brings a lease where there is one") {
    Fixture fixture;
    fixture.platform.Answer(200, R"({"success":true,"data":{"acknowledged":true,
        "task":{"id":"t1","status":"running"},"lease":{"token":"L1","seconds":300}}})");
    const Result<TaskAcknowledged> answer =
        fixture.api.Acknowledge({.task_id = "t1", .attempt_id = "a1", .lease_token = ""}, "b1", {});
    REQUIRE(answer.ok());
    CHECK(answer->grant == TaskGrant::kTaken);
    CHECK(answer->lease->token == "L1");
    CHECK(fixture.Path() == "status/tasks/t1/acknowledge");
    CHECK(fixture.Sent() == Json{{"attempt_id", "a1"}, {"boot_id", "b1"}, {"lease_seconds", 300}});
  }

  TEST_CASE("every other answer to an acknowledgement is one of four values or an error") {
    struct Row {
      int status;
      std::string body;
      std::string shown;  // what a GET says then
      TaskGrant grant;
    };
    for (const Row& row : std::vector<Row>{
             {200, kDone, "", TaskGrant::kTaken},
             {200, Shown("running"), "", TaskGrant::kTaken},
             {200, Shown("completed"), "", TaskGrant::kOver},
             {409, kNo, "", TaskGrant::kNotOurs},
             {404, kNo, "", TaskGrant::kNotOurs},
             {422, kNo, "pending", TaskGrant::kUnconfirmed},
             {422, kNo, "running", TaskGrant::kNotOurs},
             {422, kNo, "acknowledged", TaskGrant::kNotOurs},
             {422, kNo, "later", TaskGrant::kNotOurs},
             {422, kNo, "failed", TaskGrant::kOver},
         }) {
      CAPTURE(row.status);
      CAPTURE(row.shown);
      Fixture fixture;
      fixture.platform.Answer(row.status, row.body);
      fixture.platform.Answer(200, Shown(row.shown));
      const Result<TaskAcknowledged> answer = fixture.api.Acknowledge(fixture.attempt, "b1", {});
      REQUIRE(answer.ok());
      CHECK(answer->grant == row.grant);
      CHECK(fixture.platform.requests().size() == (row.status == 422 ? 2 : 1));
    }
    for (const int status : {400, 401, 403, 429, 500, 503}) {
      CAPTURE(status);
      Fixture fixture;
      fixture.platform.Answer(status, kNo);
      CHECK_FALSE(fixture.api.Acknowledge(fixture.attempt, "b1", {}).ok());
      CHECK(fixture.platform.requests().size() == 1);  // never twice: the list says what came of it
    }
  }

  TEST_CASE("a failure is sent under both names") {
    Fixture fixture;
    fixture.platform.Answer(200, kDone);
    REQUIRE(fixture.api.Fail(fixture.attempt, "refused_by_policy", "no such unit", {}));
    CHECK(fixture.Sent() == Json{{"error", "no such unit"},
                                 {"error_message", "no such unit"},
                                 {"code", "refused_by_policy"},
                                 {"attempt_id", "a1"},
                                 {"lease_token", "L9"}});
    REQUIRE(fixture.api.Complete(fixture.attempt, {{"a", 1}}, "fine", {}));
    CHECK(fixture.Path() == "status/tasks/t1/complete");
    CHECK(fixture.Sent()["result"] == Json{{"a", 1}});
    REQUIRE(fixture.api.Release(fixture.attempt, "stopping", {}));
    CHECK(fixture.Path() == "status/tasks/t1/release");
  }

  TEST_CASE("progress says whether to cancel, and whether the lease is lost") {
    Fixture fixture;
    fixture.platform.Answer(200, R"({"success":true,"data":{"cancel_requested":true}})");
    CHECK(*fixture.api.Progress(fixture.attempt, 1, {}));
    CHECK(fixture.Sent() == Json{{"seq", 1}, {"attempt_id", "a1"}, {"lease_token", "L9"}});
    Fixture other;
    other.platform.Answer(409, kNo);
    CHECK(other.api.Progress(other.attempt, 1, {}).error().code() == "conflict");
  }

  TEST_CASE("an answer about another task is refused") {
    Fixture fixture;
    fixture.platform.Answer(200, Shown("pending"));
    CHECK(fixture.api.Show("t1", {}).ok());
    CHECK(fixture.api.Show("t2", {}).error().code() == "bad_task");
  }
}

}  // namespace
}  // namespace powernode::enroll::task_api_test
