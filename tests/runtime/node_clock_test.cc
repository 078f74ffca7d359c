#include "runtime/node_clock.h"

#include <doctest/doctest.h>

#include "agent/base/version.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::node_clock_test {
namespace {

constexpr std::int64_t kDay = 24 * 3600;

class SettableClock : public Clock {
 public:
  explicit SettableClock(std::int64_t now) : now_(now) {}
  std::int64_t UnixSeconds() const override { return now_; }
  std::chrono::milliseconds Monotonic() const override { return {}; }
  bool Sleep(std::chrono::milliseconds, std::stop_token) override { return true; }
  Status Set(std::int64_t unix_seconds) override {
    now_ = unix_seconds;
    return Ok();
  }

 private:
  std::int64_t now_;
};

struct Scene {
  powernode::testing::TemporaryDirectory root;
  Paths paths = Paths::Below(root.path().string());
  std::int64_t built = 1'900'000'000;  // later than any build of today
  enroll::Credentials credentials;

  Scene() {
    credentials.not_before = built + kDay;
    credentials.not_after = built + 91 * kDay;
  }
};

TEST_SUITE("node_clock") {
  TEST_CASE("the floor is the newest time that was proven, and survives") {
    Scene scene;
    CHECK(ClockFloor(scene.paths, nullptr) == BuildTimeUnix());
    CHECK(ClockFloor(scene.paths, &scene.credentials) == scene.built + kDay);
    REQUIRE(KeepGoodTime(scene.paths, scene.credentials, scene.built + 5 * kDay));
    CHECK(ClockFloor(scene.paths, &scene.credentials) == scene.built + 5 * kDay);
    REQUIRE(KeepGoodTime(scene.paths, scene.credentials, scene.built + 4 * kDay));
    CHECK(ClockFloor(scene.paths, nullptr) == scene.built + 5 * kDay);
  }

  TEST_CASE("no answer moves the floor out of the certificate's life") {
    Scene scene;
    for (const std::int64_t time : {std::int64_t{0}, scene.built, scene.built + 92 * kDay})
      CHECK(KeepGoodTime(scene.paths, scene.credentials, time).error().code() ==
            "clock_unreliable");
    CHECK(ClockFloor(scene.paths, nullptr) == BuildTimeUnix());
  }

  TEST_CASE("a clock below the floor is raised to it, another is left alone") {
    Scene scene;
    SettableClock clock(0);
    CHECK(RaiseClock(clock, scene.built)->starts_with("the clock says 1970-01-01T00:00:00Z"));
    CHECK(clock.UnixSeconds() == scene.built);
    CHECK_FALSE(RaiseClock(clock, scene.built));
    clock.Set(scene.built + 4000 * kDay).ok();
    CHECK_FALSE(RaiseClock(clock, scene.built));
  }
}

}  // namespace
}  // namespace powernode::runtime::node_clock_test
