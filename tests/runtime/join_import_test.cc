// A node that another agent has enrolled before.
#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "enroll/pki_store.h"
#include "runtime/join.h"
#include "tests/enroll/sample_credentials.h"
#include "tests/enroll/scripted_platform.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::join_import_test {
namespace {

using namespace enroll::testing;
using powernode::testing::TemporaryDirectory;

constexpr std::int64_t kNow = 1'770'000'000;  // 2026-02-02

struct Fixture {
  explicit Fixture(const enroll::Credentials& theirs) {
    WriteFlatSet(paths.pki, theirs, R"({"platform_url": "https://p.test:8443"})");
  }
  JoinAttempt Join() {
    return JoinOnce({.paths = paths, .transports = platform.Transports()}, clock, {});
  }

  TemporaryDirectory root;
  Paths paths = Paths::Below(root.path().string());
  ScriptedPlatform platform;
  StandingClock clock{kNow};
};

TEST_SUITE("join with another agent's certificate") {
  TEST_CASE("the node is who that certificate says, and asks nobody") {
    const enroll::Credentials theirs = SampleCredentials(Authority());
    Fixture fixture(theirs);
    const JoinAttempt attempt = fixture.Join();
    REQUIRE(attempt.outcome);
    CHECK(attempt.outcome->by == JoinedBy::kStored);
    CHECK(attempt.outcome->credentials->fingerprint == theirs.fingerprint);
    CHECK(attempt.outcome->credentials->generation == "gen-000001");
    CHECK(fixture.platform.requests().empty());
  }

  TEST_CASE("one that cannot be taken is a finding, and the node goes on as it would without") {
    Fixture fixture(SampleCredentials(Authority()));
    REQUIRE(WriteFile(fixture.paths.pki + "/node.key", "no key", 0600));
    const JoinAttempt attempt = fixture.Join();
    REQUIRE_FALSE(attempt.outcome);
    CHECK(attempt.outcome.error().code() == "no_identity");

    REQUIRE(enroll::PkiStore(fixture.paths.pki).Save(SampleCredentials(Authority()), "enroll"));
    const JoinAttempt again = fixture.Join();
    REQUIRE(again.outcome);
    REQUIRE(again.outcome->findings.size() == 1);
    CHECK(again.outcome->findings[0].code() == "bad_key");
    CHECK(again.outcome->findings[0].message().starts_with("import "));
  }
}

}  // namespace
}  // namespace powernode::runtime::join_import_test
