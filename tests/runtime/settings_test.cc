#include "runtime/settings.h"

#include <doctest/doctest.h>

namespace powernode::runtime::settings_test {
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
    CHECK(settings.transport.tls_min == TlsVersion::k13);
    CHECK(settings.persist == "auto");
    CHECK(settings.net_wait.count() == 1);
    CHECK(settings.findings.size() == 3);
  }

  TEST_CASE("who may be asked who this node is comes from the image or the command line") {
    const Settings image = Apply(
        "cloud = probe\nallow_unpinned_ca_url = yes\nplatform_url = https://p.test\n"
        "ca_file = /etc/ca.pem\n");
    CHECK(image.sources.cloud == "probe");
    CHECK(image.sources.allow_unpinned_ca_url);
    CHECK(image.sources.platform_url == "https://p.test");
    CHECK(image.sources.ca_file == "/etc/ca.pem");
    CHECK(image.findings.empty());
    const Settings operators =
        Apply("cloud = probe\nallow_unpinned_ca_url = yes\n", SettingsOrigin::kOperator);
    CHECK(operators.sources.cloud == "auto");
    CHECK_FALSE(operators.sources.allow_unpinned_ca_url);
    CHECK(operators.findings.size() == 2);
    Settings kernel;
    ApplyKernelParameters(
        {{"powernode.cloud", "openstack"}, {"powernode.allow_unpinned_ca_url", "yes"}}, kernel);
    CHECK(kernel.sources.cloud == "openstack");
    CHECK_FALSE(kernel.sources.allow_unpinned_ca_url);
    for (const char* bad : {"cloud = clouds", "cloud =", "allow_unpinned_ca_url = 1",
                            "platform_url = p.test", "ca_file = ca.pem"})
      CHECK(Apply(bad).findings.size() == 1);
  }

  TEST_CASE("the metrics go to a directory by its whole path, or nowhere") {
    CHECK(Settings().metrics_textfile.empty());
    CHECK(Apply("metrics_textfile = /var/lib/node_exporter\n").metrics_textfile ==
          "/var/lib/node_exporter");
    const Settings refused = Apply("metrics_textfile = here\n");
    CHECK(refused.metrics_textfile.empty());
    CHECK(refused.findings.size() == 1);
    Settings by_kernel;
    ApplyKernelParameters({{"powernode.metrics_textfile", "/tmp"}}, by_kernel);
    CHECK(by_kernel.metrics_textfile.empty());
  }

  TEST_CASE("a proxy is one http URL with a port, and comes from no kernel command line") {
    const Settings settings = Apply("proxy = http://proxy.test:3128\n", SettingsOrigin::kOperator);
    REQUIRE(settings.transport.proxy);
    CHECK(settings.transport.proxy->host == "proxy.test");
    CHECK(settings.transport.proxy->port == 3128);
    for (const char* bad : {"https://p:1", "http://p", "http://u:p@p:1", "http://p:1/", "p:1",
                            "http://p:0", "http://[::1]", "socks5://p:1"}) {
      CAPTURE(bad);
      const Settings refused = Apply("proxy = " + std::string(bad) + "\n");
      CHECK_FALSE(refused.transport.proxy);
      CHECK(refused.findings.size() == 1);
    }
    CHECK(Apply("proxy = http://[::1]:3128\n").transport.proxy->host == "::1");
    Settings by_kernel;
    ApplyKernelParameters({{"powernode.proxy", "http://p:1"}}, by_kernel);
    CHECK_FALSE(by_kernel.transport.proxy);
  }

  TEST_CASE("what tasks may do is said by the image alone, and never for the agent's own units") {
    CHECK_FALSE(Settings().remote_exec);
    CHECK_FALSE(Settings().allow_terminate);
    const std::string all =
        "remote_exec = on\nallow_terminate = yes\ntask_units = nginx.service  a@b.timer\n";
    const Settings image = Apply(all);
    CHECK(image.remote_exec);
    CHECK(image.allow_terminate);
    CHECK(image.task_units == std::vector<std::string>{"nginx.service", "a@b.timer"});
    const Settings operators = Apply(all, SettingsOrigin::kOperator);
    CHECK_FALSE(operators.remote_exec);
    CHECK_FALSE(operators.allow_terminate);
    CHECK(operators.task_units.empty());
    CHECK(operators.findings.size() == 3);
    Settings by_kernel;
    ApplyKernelParameters({{"powernode.remote_exec", "on"}}, by_kernel);
    CHECK_FALSE(by_kernel.remote_exec);
    for (const char* bad :
         {"powernode-agent.service", "a.service powernode-boot.service", "nginx", "*.service",
          "-a.service", "a.service;b.service", "../a.service", "a.", ".service"}) {
      CAPTURE(bad);
      const Settings refused = Apply("task_units = " + std::string(bad) + "\n");
      CHECK(refused.task_units.empty());
      CHECK(refused.findings.size() == 1);
    }
  }

  TEST_CASE("the claim is on until it is switched off, by file or kernel command line") {
    CHECK(Settings().claim);
    CHECK_FALSE(Apply("claim = off\n", SettingsOrigin::kOperator).claim);
    CHECK(Apply("claim = maybe\n").claim);
    Settings by_kernel;
    ApplyKernelParameters({{"powernode.claim", "off"}}, by_kernel);
    CHECK_FALSE(by_kernel.claim);
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
}  // namespace powernode::runtime::settings_test
