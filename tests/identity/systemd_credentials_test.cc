#include "identity/systemd_credentials.h"

#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "agent/base/files.h"
#include "identity/identity.h"
#include "tests/identity/sample.h"
#include "tests/support/temporary_directory.h"

namespace powernode::identity::systemd_credentials_test {
namespace {

using namespace testing;
using powernode::testing::TemporaryDirectory;

struct Machine {
  TemporaryDirectory root;
  SourceContext context{.paths = Paths::Below(root.path().string())};

  Machine() { context.paths.credentials = root / "run/credentials/agent.service"; }
  void Write(const std::string& path, std::string_view content) {
    REQUIRE(MakeDirectories(DirectoryOf(path), 0755));
    REQUIRE(WriteFile(path, content, 0644));
  }
};

TEST_SUITE("systemd_credentials") {
  TEST_CASE("each place alone gives an identity") {
    const std::vector<std::pair<std::string, std::string>> credentials = {
        {"powernode.instance_uuid", std::string(kUuid) + "\n"},
        {"powernode.bootstrap_token", std::string(kToken)},
        {"powernode.platform_url", std::string(kUrl)},
        {"powernode.ca_pem", SampleCa()}};
    for (const std::string place : {"unit", "system", "fw_cfg", "smbios"}) {
      CAPTURE(place);
      Machine machine;
      const Paths& paths = machine.context.paths;
      std::vector<std::string> strings;
      for (const auto& [name, value] : credentials) {
        if (place == "unit") machine.Write(paths.credentials + "/" + name, value);
        if (place == "system") machine.Write(paths.system_credentials + "/" + name, value);
        if (place == "fw_cfg") machine.Write(paths.fw_cfg_credentials + "/" + name + "/raw", value);
        strings.push_back("io.systemd.credential.binary:" + name + "=" + Base64Encode(value));
      }
      if (place == "smbios") machine.Write(paths.dmi_entries + "/11-0/raw", OemStrings(strings));
      const Resolution resolution = Resolve(machine.context);
      REQUIRE(resolution.identity.ok());
      CHECK(resolution.identity->instance_uuid == kUuid);
      CHECK(resolution.identity->ca_pem == SampleCa());
      CHECK(resolution.identity->token_from.source == "systemd-credentials");
    }
  }

  TEST_CASE("the nearer place comes first, each value by itself") {
    Machine machine;
    const Paths& paths = machine.context.paths;
    machine.Write(paths.dmi_entries + "/11-0/raw",
                  OemStrings({"io.systemd.credential:powernode.instance_uuid=smbios",
                              "io.systemd.credential:powernode.platform_url=https://smbios.test"}));
    machine.Write(paths.fw_cfg_credentials + "/powernode.instance_uuid/raw", "fw-cfg");
    CHECK(ReadSystemdCredentials(machine.context).instance_uuid == "fw-cfg");
    machine.Write(paths.system_credentials + "/powernode.instance_uuid", "system");
    CHECK(ReadSystemdCredentials(machine.context).instance_uuid == "system");
    machine.Write(paths.credentials + "/powernode.instance_uuid", "unit");
    const Record record = ReadSystemdCredentials(machine.context);
    CHECK(record.instance_uuid == "unit");
    CHECK(record.platform->host == "smbios.test");
  }

  TEST_CASE(
      "none at all is not found; one that is too long is a problem and hides no other place") {
    Machine machine;
    CHECK_FALSE(ReadSystemdCredentials(machine.context).found);
    const Paths& paths = machine.context.paths;
    machine.Write(paths.system_credentials + "/powernode.ca_pem", std::string(256 * 1024 + 1, 'x'));
    machine.Write(paths.fw_cfg_credentials + "/powernode.ca_pem/raw", SampleCa());
    const Record record = ReadSystemdCredentials(machine.context);
    REQUIRE(record.problems.size() == 1);
    CHECK(record.problems[0].code() == "file_too_large");
    CHECK(record.ca_pem == SampleCa());
  }
}

}  // namespace
}  // namespace powernode::identity::systemd_credentials_test
