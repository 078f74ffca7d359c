#include "runtime/settings.h"

#include <doctest/doctest.h>

namespace powernode::runtime {
namespace {

Settings Apply(std::string_view content, SettingsOrigin origin = SettingsOrigin::kImage) {
  Settings settings;
  ApplySettingsFile(content, origin, "agent.conf", settings);
  return settings;
}

TEST_SUITE("settings") {
  TEST_CASE("keys with values, comments, blank lines and CRLF are read") {
    const Settings settings = Apply(
        "# comment\n\n heartbeat_interval = 5\r\nverify=audit\nlkg = off\nscratch_mib = 64\n"
        "cache_budget_mib = 2048\n");
    CHECK(settings.heartbeat_interval.count() == 5);
    CHECK(settings.verify == verify::TrustMode::kAudit);
    CHECK_FALSE(settings.last_known_good);
    CHECK(settings.scratch_mib == 64);
    CHECK(settings.cache_budget_mib == 2048);
    CHECK(settings.findings.empty());
  }

  TEST_CASE("what cannot be understood is a finding and keeps the default") {
    const Settings settings =
        Apply("nonsense\nunknown = 1\nheartbeat_interval = soon\nverify = off\ntls_min = 1.1\n");
    CHECK(settings.findings.size() == 5);
    CHECK(settings.heartbeat_interval.count() == 30);
    CHECK_FALSE(settings.verify);
  }

  TEST_CASE("a key that weakens verification is not taken from the persist partition") {
    const Settings settings =
        Apply("verify = audit\ntls_min = 1.2\npersist = tmpfs\nnet_wait = 1\n",
              SettingsOrigin::kOperator);
    CHECK_FALSE(settings.verify);
    CHECK(settings.tls_min == TlsVersion::k13);
    CHECK(settings.persist == "auto");
    CHECK(settings.net_wait.count() == 1);
    CHECK(settings.findings.size() == 3);
  }

  TEST_CASE("the kernel command line has the last word where a key is listed for it") {
    Settings settings = Apply("verify = enforce\nheartbeat_interval = 10\n");
    ApplyKernelParameters({{"powernode.verify", "audit"},
                           {"powernode.heartbeat_interval", "99"},
                           {"powernode.boot", "1"},
                           {"powernode.instance_uuid", "x"},
                           {"quiet", ""}},
                          settings);
    CHECK(settings.verify == verify::TrustMode::kAudit);
    CHECK(settings.heartbeat_interval.count() == 10);
    CHECK(settings.boot);
    CHECK_FALSE(settings.boot_disabled);
    CHECK(settings.findings.empty());
  }
}

}  // namespace
}  // namespace powernode::runtime
