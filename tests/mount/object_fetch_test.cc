#include "mount/object_fetch.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "tests/mount/pull_bench.h"
#include "tests/mount/sample_objects.h"
#include "tests/mount/scripted_objects.h"
#include "tests/support/temporary_directory.h"

namespace powernode::mount::object_fetch_test {
namespace {

using testing::Lost;
using testing::ObjectOf;
using testing::StoredContent;
using Calls = std::vector<std::vector<NeededObject>>;

std::string Numbered(std::size_t number, std::size_t size) {
  std::string content = testing::Blob(size);
  content.replace(0, 8, std::to_string(10'000'000 + number));
  return content;
}

struct Bench {
  Bench() { REQUIRE(MakeDirectories(tools.partial_directory, 0700).ok()); }

  NeededObject Serve(std::size_t number, std::size_t size) {
    const NeededObject object = source.Serve(Numbered(number, size));
    wanted.push_back(object);
    std::sort(wanted.begin(), wanted.end());
    return object;
  }
  // What is missing of what is wanted.
  Status Fetch() {
    const Result<std::vector<NeededObject>> missing = store.Missing(wanted);
    REQUIRE(missing.ok());
    ObjectFetch fetch(tools, *missing);
    Status done = fetch.Run(stop.get_token());
    absent = fetch.absent();
    return done;
  }
  bool Has(const NeededObject& object) {
    const std::string content = StoredContent(store, object);
    return !content.empty() && ObjectOf(content) == object;
  }
  bool HasAll() {
    return std::all_of(wanted.begin(), wanted.end(), [this](const auto& o) { return Has(o); });
  }
  std::string PartOf(const NeededObject& object) const {
    return tools.partial_directory + "/object_" + object.digest.Hex() + ".part";
  }
  std::vector<std::string> Parts() { return ListDirectory(tools.partial_directory).value(); }

  testing::TemporaryDirectory root;
  ObjectStore store{(root / "objects").string()};
  testing::ScriptedObjects source;
  testing::SleepCounter clock;
  std::vector<ObjectProgress> told;
  ObjectMeter::Observer observer = [this](const ObjectProgress& p) { told.push_back(p); };
  ObjectMeter meter{{.module = "m"}, clock, observer};
  FetchTools tools{.store = store,
                   .source = source,
                   .clock = clock,
                   .meter = meter,
                   .verity = KernelVerity::kEnable,
                   .partial_directory = (root / "partial").string(),
                   .retry_base = std::chrono::milliseconds(1'000)};
  std::stop_source stop;
  std::vector<NeededObject> wanted;
  std::vector<NeededObject> absent;
};

}  // namespace

TEST_SUITE("object_fetch") {
  TEST_CASE(
      "small objects are asked for with one question, and are in the store under their name") {
    Bench bench;
    for (std::size_t i = 0; i < 5; ++i) bench.Serve(i, 1000 + i);
    const Status done = bench.Fetch();
    REQUIRE_MESSAGE(done.ok(), done.error().message());
    CHECK(bench.HasAll());
    CHECK(bench.source.many_calls == Calls{bench.wanted});
    CHECK(bench.source.one_calls.empty());
    CHECK((Stat(bench.store.PathOf(bench.wanted[0].digest))->st_mode & 07777) == 0444);
  }

  TEST_CASE("thousands are asked for in few questions, each once") {
    Bench bench;
    for (std::size_t i = 0; i < 2'500; ++i) bench.Serve(i, 70);
    REQUIRE(bench.Fetch().ok());
    CHECK(bench.HasAll());
    CHECK(bench.source.many_calls.size() == 3);
    std::multiset<NeededObject> asked;
    for (const auto& call : bench.source.many_calls) {
      CHECK(call.size() <= ObjectSource::kMaxBatchObjects);
      asked.insert(call.begin(), call.end());
    }
    CHECK(std::equal(asked.begin(), asked.end(), bench.wanted.begin(), bench.wanted.end()));
  }

  TEST_CASE("a large object is asked for by itself") {
    Bench bench;
    const NeededObject small = bench.Serve(1, 100);
    const NeededObject large = bench.Serve(2, kLargeObject);
    REQUIRE(bench.Fetch().ok());
    CHECK(bench.HasAll());
    CHECK(bench.source.many_calls == Calls{{small}});
    REQUIRE(bench.source.one_calls.size() == 1);
    CHECK(bench.source.one_calls[0].object == large);
    CHECK(bench.Parts().empty());
  }

  TEST_CASE("a lost connection is continued with what has not come whole") {
    for (const std::size_t cut : {0U, 1U, 999U, 1000U, 1001U, 2500U, 4999U}) {
      CAPTURE(cut);
      Bench bench;
      for (std::size_t i = 0; i < 5; ++i) bench.Serve(i, 1000);
      bench.source.many_script.push_back({.cut_after = cut, .refuse = {}});
      const Status done = bench.Fetch();
      REQUIRE_MESSAGE(done.ok(), done.error().message());
      CHECK(bench.HasAll());
      REQUIRE(bench.source.many_calls.size() == 2);
      CHECK(bench.source.many_calls[1].size() == 5 - cut / 1000);
      CHECK(bench.clock.slept.size() == 1);
    }
  }

  TEST_CASE("a fetch that is given up keeps what has come, and the next one asks for the rest") {
    Bench bench;
    for (std::size_t i = 0; i < 5; ++i) bench.Serve(i, 1000);
    bench.source.many_script.push_back({.cut_after = 3500, .refuse = {}});
    for (int i = 0; i < 6; ++i)
      bench.source.many_script.push_back({.cut_after = {}, .refuse = Lost()});
    const Status given_up = bench.Fetch();
    REQUIRE_FALSE(given_up.ok());
    CHECK(given_up.error().kind() == ErrorKind::kUnavailable);
    CHECK(bench.source.many_calls.size() == 7);
    CHECK(bench.store.List()->size() == 3);
    REQUIRE(bench.Fetch().ok());
    CHECK(bench.source.many_calls.back().size() == 2);
    CHECK(bench.HasAll());
  }

  TEST_CASE("a large object goes on from any byte, in this fetch and in the next one") {
    for (const std::size_t cut : {1U, 4096U, 1'000'003U, 4'194'303U, 4'194'304U}) {
      CAPTURE(cut);
      Bench bench;
      const NeededObject large = bench.Serve(1, kLargeObject + 1);
      bench.source.one_script.push_back({.cut_after = cut, .refuse = {}});
      for (int i = 0; i < 6; ++i)
        bench.source.one_script.push_back({.cut_after = {}, .refuse = Lost()});
      CHECK_FALSE(bench.Fetch().ok());
      CHECK(Stat(bench.PartOf(large))->st_size == static_cast<off_t>(cut));
      REQUIRE(bench.Fetch().ok());
      CHECK(bench.source.one_calls[1].offset == cut);
      CHECK(bench.source.one_calls.back().offset == cut);
      CHECK(bench.source.bytes_served == kLargeObject + 1);
      CHECK(bench.HasAll());
      CHECK(bench.Parts().empty());
    }
  }

  TEST_CASE("a large object that cannot be continued begins again") {
    Bench bench;
    bench.Serve(1, kLargeObject);
    bench.source.one_script.push_back({.cut_after = 1000, .refuse = {}});
    SUBCASE("the source sends the whole") {
      bench.source.one_script.push_back({.cut_after = {}, .refuse = {}, .ignore_range = true});
    }
    SUBCASE("416") {
      bench.source.one_script.push_back(
          {.cut_after = {}, .refuse = Error(ErrorKind::kRefuted, "range_not_satisfiable", "416")});
    }
    REQUIRE(bench.Fetch().ok());
    CHECK(bench.HasAll());
    CHECK(bench.source.bytes_served == kLargeObject + 1000);
  }

  TEST_CASE("a part with other bytes costs one more transfer") {
    Bench bench;
    const NeededObject large = bench.Serve(1, kLargeObject);
    REQUIRE(WriteFile(bench.PartOf(large), std::string(kLargeObject, 'x'), 0600).ok());
    REQUIRE(bench.Fetch().ok());
    CHECK(bench.HasAll());
    REQUIRE(bench.source.one_calls.size() == 1);
    CHECK(bench.source.one_calls[0].offset == 0);
  }

  TEST_CASE("small objects that never come whole in one answer are continued by themselves") {
    Bench bench;
    bench.Serve(1, 100'000);
    bench.source.many_script.push_back({.cut_after = 50'000, .refuse = {}});
    bench.source.many_script.push_back({.cut_after = 50'000, .refuse = {}});
    bench.source.one_script.push_back({.cut_after = 50'000, .refuse = {}});
    REQUIRE(bench.Fetch().ok());
    CHECK(bench.HasAll());
    CHECK(bench.source.many_calls.size() == 2);
    CHECK(bench.source.one_calls.at(1).offset == 50'000);
  }

  TEST_CASE("bytes that changed on the way are fetched once more") {
    Bench bench;
    bench.Serve(0, 1000);
    const NeededObject small = bench.Serve(1, 1000);
    const NeededObject large = bench.Serve(2, kLargeObject);
    bench.source.Spoil(small, 1);
    bench.source.Spoil(large, 1);
    REQUIRE(bench.Fetch().ok());
    CHECK(bench.HasAll());
    REQUIRE(bench.source.many_calls.size() == 2);
    CHECK(bench.source.many_calls[1] == std::vector{small});
    CHECK(bench.source.one_calls.size() == 2);
  }

  TEST_CASE("an object that comes with other bytes twice is refused by name, the others are kept") {
    Bench bench;
    const NeededObject good = bench.Serve(0, 1000);
    NeededObject bad = good;
    SUBCASE("among many") { bad = bench.Serve(1, 1000); }
    SUBCASE("by itself") { bad = bench.Serve(1, kLargeObject); }
    bench.source.Spoil(bad, 9);
    const Status refused = bench.Fetch();
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind() == ErrorKind::kRefuted);
    CHECK(refused.error().code() == "digest_mismatch");
    CHECK(refused.error().message().find(bad.digest.Hex()) != std::string::npos);
    CHECK_FALSE(bench.Has(bad));
    CHECK(bench.Parts().empty());
    bench.source.Spoil(bad, 0);
    REQUIRE(bench.Fetch().ok());
    CHECK(bench.HasAll());
  }

  TEST_CASE("what the source does not have is told, and the rest is fetched all the same") {
    Bench bench;
    bench.Serve(0, 1000);
    std::vector<NeededObject> nowhere = {ObjectOf(Numbered(1, 1000)),
                                         ObjectOf(Numbered(2, kLargeObject))};
    bench.wanted.insert(bench.wanted.end(), nowhere.begin(), nowhere.end());
    bench.Serve(3, kLargeObject);
    std::sort(nowhere.begin(), nowhere.end());
    REQUIRE(bench.Fetch().ok());
    CHECK(bench.absent == nowhere);
    CHECK(bench.store.List()->size() == 2);
    CHECK(bench.Parts().empty());
    CHECK(bench.source.many_calls.size() == 1);
  }

  TEST_CASE("a source without batches is asked for each object") {
    Bench bench;
    bench.source.batches = false;
    for (std::size_t i = 0; i < 100; ++i) bench.Serve(i, 500);
    REQUIRE(bench.Fetch().ok());
    CHECK(bench.HasAll());
    CHECK(bench.source.many_calls.size() <= 2);
    CHECK(bench.source.one_calls.size() == 100);
    CHECK(bench.Parts().empty());
  }

  TEST_CASE("what was not asked for ends the transfer, and what came before is kept") {
    Bench bench;
    const NeededObject good = bench.Serve(0, 1000);
    const std::string more = "more";
    std::string code = "bad_object_stream";
    SUBCASE("an object of nobody") {
      bench.source.before_end = [&](ObjectReceiver& receiver) {
        return receiver.Begin(ObjectOf("foreign").digest, 7);
      };
    }
    SUBCASE("an object again") {
      bench.source.before_end = [&](ObjectReceiver& receiver) {
        return receiver.Begin(good.digest, good.size);
      };
    }
    SUBCASE("bytes of no object") {
      bench.source.before_end = [&](ObjectReceiver& receiver) {
        return receiver.Bytes(AsBytes(more));
      };
    }
    bool two = false;
    SUBCASE("another size") {
      two = true;
      code = "size_mismatch";
      bench.source.before_end = [&](ObjectReceiver& receiver) {
        return receiver.Begin(ObjectOf(Numbered(9, 900)).digest, 901);
      };
    }
    SUBCASE("too many bytes") {
      two = true;
      code = "size_mismatch";
      bench.source.before_end = [&](ObjectReceiver& receiver) -> Status {
        RETURN_IF_ERROR(receiver.Begin(ObjectOf(Numbered(9, 900)).digest, 900));
        return receiver.Bytes(AsBytes(Numbered(9, 901)));
      };
    }
    SUBCASE("too few") {
      two = true;
      code = "size_mismatch";
      bench.source.before_end = [&](ObjectReceiver& receiver) -> Status {
        RETURN_IF_ERROR(receiver.Begin(ObjectOf(Numbered(9, 900)).digest, 900));
        return receiver.End();
      };
    }
    if (two) bench.wanted.push_back(ObjectOf(Numbered(9, 900)));
    const Status refused = bench.Fetch();
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind() == ErrorKind::kRefuted);
    CHECK(refused.error().code() == code);
    CHECK(bench.Has(good));
    CHECK(bench.source.many_calls.size() == 1);
  }

  TEST_CASE("a stop ends the fetch and keeps what has come") {
    Bench bench;
    for (std::size_t i = 0; i < 5; ++i) bench.Serve(i, 1000);
    int served = 0;
    bench.source.after_each = [&] {
      if (++served == 2) bench.stop.request_stop();
    };
    const Status stopped = bench.Fetch();
    REQUIRE_FALSE(stopped.ok());
    CHECK(stopped.error().code() == "cancelled");
    CHECK(bench.store.List()->size() == 2);
  }

  TEST_CASE("the source's wish to wait replaces our own") {
    Bench bench;
    bench.Serve(0, 1000);
    bench.source.asked_to_wait = std::chrono::seconds(120);
    bench.source.many_script.push_back({.cut_after = {}, .refuse = Lost()});
    REQUIRE(bench.Fetch().ok());
    CHECK(bench.clock.slept == std::vector{std::chrono::milliseconds(120'000)});
  }

  TEST_CASE("the meter counts what is here, each byte once") {
    Bench bench;
    const NeededObject small = bench.Serve(1, 1000);
    bench.Serve(2, kLargeObject);
    bench.source.Spoil(small, 1);
    bench.source.one_script.push_back({.cut_after = 5000, .refuse = {}});
    bench.source.one_script.push_back({.cut_after = {}, .refuse = {}, .ignore_range = true});
    REQUIRE(bench.Fetch().ok());
    bench.meter.Finish();
    REQUIRE_FALSE(bench.told.empty());
    CHECK(bench.told.back().finished);
    CHECK(bench.told.back().objects_done == 2);
    CHECK(bench.told.back().bytes_done == 1000 + kLargeObject);
  }
}

}  // namespace powernode::mount::object_fetch_test
