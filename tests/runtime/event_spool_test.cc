#include "runtime/event_spool.h"

#include <doctest/doctest.h>

#include <thread>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::event_spool_test {
namespace {

using powernode::testing::TemporaryDirectory;

std::string Kinds(const Json& events) {
  std::string kinds;
  for (const Json& event : events) kinds += event.at("kind").get<std::string>() + " ";
  return kinds;
}

struct Node {
  TemporaryDirectory root;
  Paths paths = Paths::Below(root.path().string());
  std::string file = paths.agent_state + "/events.spool";

  void Add(const std::string& kind, Severity severity = Severity::kLow, std::size_t padding = 0) {
    REQUIRE(SpoolEvent(
        paths,
        {.kind = kind, .severity = severity, .payload = {{"padding", std::string(padding, 'x')}}},
        1'000'000));
  }
};

TEST_SUITE("event spool") {
  TEST_CASE("events come out in their order until they are dropped") {
    Node node;
    CHECK(NextEvents(node.paths)->empty());
    CHECK_FALSE(Exists(node.paths.agent_state));
    node.Add("a");
    node.Add("b", Severity::kCritical);
    const Json both = *NextEvents(node.paths);
    CHECK(Kinds(both) == "a b ");
    CHECK(both[1]["severity"] == "critical");
    CHECK(both[1]["payload"]["at"] == "1970-01-12T13:46:40Z");
    CHECK(both[0]["id"] != both[1]["id"]);
    node.Add("c");
    REQUIRE(DropEvents(node.paths, both));
    CHECK(Kinds(*NextEvents(node.paths)) == "c ");
    CHECK((Stat(node.file)->st_mode & 0777) == 0600);
  }

  TEST_CASE(
      "a record that was cut off, or is another's bytes, is lost alone, and nothing behind it") {
    Node node;
    node.Add("a");
    node.Add("b");
    const std::string whole = *ReadFile(node.file, 1 << 20);
    const std::size_t first = whole.size() / 2;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CAPTURE(size);
      REQUIRE(WriteFile(node.file, std::string_view(whole).substr(0, size), 0600));
      const std::string left = size < first ? "" : "a ";
      REQUIRE(Kinds(*NextEvents(node.paths)) == left);
      if (size % 16 != 0) continue;
      node.Add("c");
      REQUIRE(Kinds(*NextEvents(node.paths)) == left + "c ");
    }
    std::string flipped = whole;
    flipped[first + 20] = static_cast<char>(flipped[first + 20] ^ 1);
    REQUIRE(WriteFile(node.file, flipped, 0600));
    CHECK(Kinds(*NextEvents(node.paths)) == "a ");
    REQUIRE(WriteFile(node.file, std::string(4096, '\0'), 0600));
    CHECK(NextEvents(node.paths)->empty());
    REQUIRE(WriteFile(node.file, std::string(3 << 20, '\xff'), 0600));
    CHECK(NextEvents(node.paths)->empty());
    node.Add("d");
    CHECK(Kinds(*NextEvents(node.paths)) == "d ");
  }

  TEST_CASE("a batch is at most 100 events and fits a call") {
    Node node;
    for (int i = 0; i < 101; ++i) node.Add("small");
    CHECK(NextEvents(node.paths)->size() == 100);
    for (int i = 0; i < 30; ++i) node.Add("large", Severity::kLow, 15'000);
    REQUIRE(DropEvents(node.paths, *NextEvents(node.paths)));
    const Json batch = *NextEvents(node.paths);
    CHECK(batch.size() > 10);
    CHECK(DumpJson(batch).size() < 256 * 1024);
    CHECK_FALSE(
        SpoolEvent(node.paths, {.kind = "huge", .payload = {{"x", std::string(20'000, 'x')}}}, 0));
  }

  TEST_CASE("a full ring drops the least severe, of these the oldest") {
    Node node;
    node.Add("kept", Severity::kHigh);
    node.Add("first", Severity::kLow, 15'000);
    for (int i = 0; i < 67; ++i) node.Add("filling", Severity::kLow, 15'000);
    REQUIRE(Kinds(*NextEvents(node.paths)).starts_with("kept first "));
    for (int i = 0; i < 3; ++i) node.Add("last", Severity::kLow, 15'000);
    CHECK(Stat(node.file)->st_size < 1024 * 1024);
    CHECK(Kinds(*NextEvents(node.paths)).starts_with("kept filling "));
  }

  TEST_CASE("threads do not lose each other's") {
    Node node;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 10; ++i) (void)SpoolEvent(node.paths, {.kind = "one of many"}, 0);
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(NextEvents(node.paths)->size() == 40);
  }
}

}  // namespace
}  // namespace powernode::runtime::event_spool_test
