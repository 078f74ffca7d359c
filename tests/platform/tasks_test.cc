#include <doctest/doctest.h>

#include "tests/platform/test_node.h"

namespace powernode::platform::tasks_test {
namespace {

struct OneTask {
  Fixture plane;
  TestNode node{plane, plane.AddNode("n1")};
  std::string path;

  explicit OneTask(const std::string& command = "sync") {
    REQUIRE(node.Enroll().status == 200);
    path = "status/tasks/" + plane.AddTask("n1", command).at("id").get<std::string>();
  }
  Reply Acknowledge(const std::string& attempt) {
    return node.Post(path + "/acknowledge",
                     {{"attempt_id", attempt}, {"boot_id", "b1"}, {"lease_seconds", 60}});
  }
  static std::string Lease(const Reply& reply) { return reply.Data().at("lease").at("token"); }
  json Row() { return plane.StatusJson().at("tasks")[0]; }
};

}  // namespace

TEST_SUITE_BEGIN("tasks");

TEST_CASE("a task is listed oldest first, taken, reported and gone from the list") {
  OneTask one;
  one.plane.AddTask("n1", "restart", R"({"unit":"powernode-m1-nginx.service"})");
  const json list = one.node.Get("status/tasks").Data();
  CHECK(list.at("count") == 2);
  CHECK(list.at("tasks")[0].at("command") == "sync");
  CHECK(list.at("tasks")[1].at("options").at("unit") == "powernode-m1-nginx.service");
  CHECK(list.at("tasks")[0].at("executor") == "agent");
  CHECK(one.node.Get(one.path).Data().at("task").at("status") == "pending");

  const Reply taken = one.Acknowledge("a1");
  REQUIRE(taken.status == 200);
  CHECK(taken.Data().at("acknowledged") == true);
  CHECK(taken.Data().at("lease").at("seconds") == 60);
  const json report = {
      {"attempt_id", "a1"}, {"lease_token", OneTask::Lease(taken)}, {"result", {{"status", "ok"}}}};
  CHECK(one.node.Post(one.path + "/complete", report).Data().at("completed") == true);
  CHECK(one.node.Post(one.path + "/complete", report).Data().at("already") == true);
  CHECK(one.Row().at("result").at("status") == "ok");
  CHECK(one.node.Get("status/tasks").Data().at("count") == 1);
  CHECK(one.node.Get("status").Data().at("pending_tasks") == 1);
}

TEST_CASE("the same attempt may acknowledge again, another may not until the lease is over") {
  OneTask one;
  const Reply first = one.Acknowledge("a1");
  const Reply again = one.Acknowledge("a1");
  CHECK(OneTask::Lease(again) == OneTask::Lease(first));
  const Reply other = one.Acknowledge("a2");
  CHECK(other.status == 409);
  CHECK(other.document.at("code") == "LEASE_LOST");
  one.plane.Verb({"clock", "--advance", "61"});
  CHECK(one.Acknowledge("a2").status == 200);
  CHECK(one.node
            .Post(one.path + "/complete",
                  {{"attempt_id", "a1"}, {"lease_token", OneTask::Lease(first)}})
            .status == 409);
}

TEST_CASE("progress renews the lease and carries the wish to cancel") {
  OneTask one;
  const std::string lease = OneTask::Lease(one.Acknowledge("a1"));
  const std::string progress = one.path + "/progress";
  CHECK(one.node.Post(progress, {{"lease_token", lease}, {"seq", 2}, {"percent", 40}})
            .Data()
            .at("cancel_requested") == false);
  CHECK(one.node.Post(progress, {{"lease_token", lease}, {"seq", 1}, {"percent", 10}}).status ==
        200);
  CHECK(one.Row().at("progress") == 40);
  one.plane.Verb({"task", "cancel", one.Row().at("id").get<std::string>()});
  one.plane.Verb({"clock", "--advance", "50"});
  CHECK(
      one.node.Post(progress, {{"lease_token", lease}, {"seq", 3}}).Data().at("cancel_requested") ==
      true);
  one.plane.Verb({"clock", "--advance", "50"});
  CHECK(one.Acknowledge("a2").status == 409);
  CHECK(one.node.Post(progress, {{"lease_token", lease}, {"seq", 4}, {"percent", 101}}).status ==
        422);
  CHECK(one.node.Post(progress, {{"lease_token", "wrong"}, {"seq", 4}}).status == 409);
}

TEST_CASE("a failure keeps its text under both names, and wants them equal") {
  OneTask one("reboot");
  const std::string lease = OneTask::Lease(one.Acknowledge("a1"));
  CHECK(one.node.Post(one.path + "/fail", {{"attempt_id", "a1"}, {"lease_token", lease}}).status ==
        400);
  const json report = {{"attempt_id", "a1"},
                       {"lease_token", lease},
                       {"error", "no such unit"},
                       {"error_message", "no such unit"},
                       {"code", "refused_by_policy"}};
  CHECK(one.node.Post(one.path + "/fail", report).Data().at("failed") == true);
  CHECK(one.Row().at("error") == "no such unit");
  CHECK(one.Row().at("error_code") == "refused_by_policy");
  CHECK(Complaints(one.plane, "error and error_message differ") == 0);
}

TEST_CASE("a released task is pending again") {
  OneTask one;
  const std::string lease = OneTask::Lease(one.Acknowledge("a1"));
  CHECK(one.node.Post(one.path + "/release", {{"lease_token", lease}, {"reason", "stopping"}})
            .status == 200);
  CHECK(one.Row().at("status") == "pending");
  CHECK(one.Acknowledge("a2").status == 200);
}

TEST_CASE("a task of another node, or of nobody, is not found") {
  OneTask one;
  TestNode other(one.plane, one.plane.AddNode("n2"));
  REQUIRE(other.Enroll().status == 200);
  const Reply reply = other.Get(one.path);
  CHECK(reply.status == 404);
  CHECK(reply.Error() == "Operation not found");
  CHECK(one.node.Get("status/tasks/t999").status == 404);
  CHECK(one.node.Post(one.path + "/acknowledge", {{"boot_id", "b1"}}).status == 400);
}

TEST_CASE("a repeated idempotency key gives the kept answer, or a conflict for another body") {
  OneTask one;
  const httplib::Headers key = {{"Idempotency-Key", "5b0c0000-0000-4000-8000-000000000000"}};
  const json events = {{"events", {{{"kind", "agent.started"}, {"severity", "low"}}}}};
  CHECK(one.node.Post("fleet/events", events, key).Data().at("written") == 1);
  CHECK(one.node.Post("fleet/events", events, key).Data().at("written") == 1);
  CHECK(one.plane.StatusJson().at("events").size() == 1);
  const Reply conflict = one.node.Post("fleet/events", {{"events", json::array()}}, key);
  CHECK(conflict.status == 409);
  CHECK(conflict.document.at("code") == "CONFLICT");
}

TEST_SUITE_END();

}  // namespace powernode::platform::tasks_test
