#include "enroll/lane.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "tests/enroll/scripted_platform.h"

namespace powernode::enroll::lane_test {
namespace {

using namespace testing;

TEST_SUITE("lane") {
  TEST_CASE("a connection is made once and again only for other credentials") {
    ScriptedPlatform platform;
    int made = 0;
    auto make = [&] {
      ++made;
      return platform.Transports()({});
    };
    Lane lane(1);
    for (const std::uint64_t epoch : {1, 1, 2, 2}) CHECK(lane.Take(epoch, make, {}).ok());
    CHECK(made == 2);
  }

  TEST_CASE("a connection that cannot be made is tried again by the next call") {
    ScriptedPlatform platform;
    Lane lane(1);
    auto fail = []() -> Result<std::unique_ptr<HttpTransport>> {
      return Error(ErrorKind::kInvalid, "no_trust_anchor", "x");
    };
    CHECK(lane.Take(1, fail, {}).error().code() == "no_trust_anchor");
    CHECK(lane.Take(1, [&] { return platform.Transports()({}); }, {}).ok());
  }

  TEST_CASE("no more calls at a time than connections, and a stop ends the waiting") {
    ScriptedPlatform platform;
    auto make = [&] { return platform.Transports()({}); };
    Lane lane(2);
    auto first = std::make_unique<Result<Lane::Hold>>(lane.Take(1, make, {}));
    const Result<Lane::Hold> second = lane.Take(1, make, {});
    REQUIRE(second.ok());

    std::stop_source stop;
    std::jthread stopper([&] { stop.request_stop(); });
    CHECK(lane.Take(1, make, stop.get_token()).error().code() == "stopped");

    std::atomic<bool> got = false;
    std::jthread waiter([&] { got = lane.Take(1, make, {}).ok(); });
    first.reset();
    waiter.join();
    CHECK(got);
  }
}

}  // namespace
}  // namespace powernode::enroll::lane_test
