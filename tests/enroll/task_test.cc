#include "enroll/task.h"

#include <doctest/doctest.h>

namespace powernode::enroll::task_test {
namespace {

Result<TaskList> Parse(std::string_view text) { return ParseTaskList(*ParseJson(text)); }

std::string ListOf(const std::string& element) {
  return R"({"tasks":[)" + element + R"(,{"id":"good","command":"sync","status":"pending"}]})";
}

TEST_SUITE("task") {
  TEST_CASE("reads what a server with leases lists") {
    const Result<TaskList> list = Parse(R"({"tasks":[{"id":"t1","command":"restart",
      "status":"running","progress":4,"created_at":"2026-05-20T10:00:00.000Z",
      "options":{"unit":"a.service"},"started_at":null,"events":[],"executor":"agent",
      "lease":{"expires_at":"2026-05-20T10:05:00Z","holder":"a1"},"cancel_requested":true,
      "deadline_at":"2026-05-20T10:00:00Z","colour":"red"}],"count":1})");
    REQUIRE(list.ok());
    REQUIRE(list->tasks.size() == 1);
    const Task& task = list->tasks[0];
    CHECK(task.id == "t1");
    CHECK(task.command == "restart");
    CHECK(task.status == TaskStatus::kTaken);
    CHECK(task.options == Json{{"unit", "a.service"}});
    CHECK(task.cancel_requested);
    CHECK(task.deadline_at == 1779271200);
    CHECK(task.lease_holder == "a1");
    CHECK(list->notes.empty());
  }

  TEST_CASE("each status is known, and another word is a state to leave alone") {
    CHECK(TaskStatusOf("pending") == TaskStatus::kPending);
    for (const char* word : {"acknowledged", "running"})
      CHECK(TaskStatusOf(word) == TaskStatus::kTaken);
    for (const char* word : {"completed", "failed", "cancelled"})
      CHECK(TaskStatusOf(word) == TaskStatus::kOver);
    for (const char* word : {"", "Pending", "pending ", "paused"})
      CHECK(TaskStatusOf(word) == TaskStatus::kUnknown);
  }

  TEST_CASE("a bad element is left out and noted, the others stay") {
    for (const std::string& bad : {
             std::string(R"({"command":"sync","status":"pending"})"),
             std::string(R"({"id":"../status","command":"sync"})"),
             std::string(R"({"id":"t/1","command":"sync"})"),
             std::string(R"({"id":7,"command":"sync"})"),
             std::string(R"({"id":"t1"})"),
             std::string(R"({"id":"t1","command":{}})"),
             R"({"id":"t1","command":"sync","options":{"a":")" + std::string(65 * 1024, 'x') +
                 "\"}}",
             std::string("7"),
             std::string("null"),
         }) {
      CAPTURE(bad.substr(0, 100));
      const Result<TaskList> list = Parse(ListOf(bad));
      REQUIRE(list.ok());
      REQUIRE(list->tasks.size() == 1);
      CHECK(list->tasks[0].id == "good");
      CHECK(list->notes.size() == 1);
    }
  }

  TEST_CASE("of an id that is there twice the first counts") {
    const Result<TaskList> list =
        Parse(ListOf(R"({"id":"good","command":"reboot","status":"pending"})"));
    REQUIRE(list->tasks.size() == 1);
    CHECK(list->tasks[0].command == "reboot");
    CHECK(list->notes.size() == 1);
  }

  TEST_CASE("a wrong type in what is optional is nothing, and what is shown stays one line") {
    const Result<Task> task = ParseTask(
        *ParseJson(R"({"id":"t1","command":"a\nb\u001b","status":7,"options":[1],"lease":"x",
                       "cancel_requested":"yes","deadline_at":5})"));
    REQUIRE(task.ok());
    CHECK(task->command == "a?b?");
    CHECK(task->status == TaskStatus::kUnknown);
    CHECK(task->options.empty());
    CHECK_FALSE(task->cancel_requested);
    CHECK_FALSE(task->deadline_at);
    CHECK(task->lease_holder.empty());
  }

  TEST_CASE("no list, or an endless one, is no answer") {
    for (const char* text : {"{}", R"({"tasks":{}})", R"({"tasks":null})"})
      CHECK(Parse(text).error().code() == "partial_answer");
    Json many = Json::array();
    for (int i = 0; i < 1001; ++i) many.push_back({{"id", "t" + std::to_string(i)}});
    CHECK(ParseTaskList({{"tasks", many}}).error().code() == "partial_answer");
  }

  TEST_CASE("one task stands in `task` or by itself") {
    for (const char* text : {R"({"task":{"id":"t1","command":"sync","status":"failed"}})",
                             R"({"id":"t1","command":"sync","status":"failed"})"})
      CHECK(ParseTask(*ParseJson(text))->status == TaskStatus::kOver);
  }

  TEST_CASE("a lease has a token and a length within bounds, or there is none") {
    const auto lease = [](const char* text) { return ParseTaskLease(*ParseJson(text)); };
    CHECK(lease(R"({"lease":{"token":"L9","seconds":300}})")->length.count() == 300);
    CHECK(lease(R"({"lease":{"token":"L9","seconds":-5}})")->length.count() == 1);
    CHECK(lease(R"({"lease":{"token":"L9","seconds":99999999}})")->length.count() == 3600);
    for (const char* text : {"{}", R"({"lease":{}})", R"({"lease":{"token":""}})",
                             R"({"lease":{"token":7}})", R"({"lease":null})"})
      CHECK_FALSE(lease(text));
  }
}

}  // namespace
}  // namespace powernode::enroll::task_test
