#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "agent/base/files.h"
#include "identity/identity.h"
#include "tests/identity/sample.h"
#include "tests/support/temporary_directory.h"

namespace powernode::identity::resolve_test {
namespace {

using namespace testing;
using powernode::testing::TemporaryDirectory;

// A node's file tree in a private root.
struct Node {
  TemporaryDirectory root;
  SourceContext context{.paths = Paths::Below(root.path().string())};

  void Write(const std::string& path, std::string_view content) {
    REQUIRE(MakeDirectories(DirectoryOf(path), 0755));
    REQUIRE(WriteFile(path, content, 0644));
  }
  void WriteCmdline(std::string_view content) { Write(context.paths.kernel_cmdline, content); }
  void WriteFwCfg(const std::string& key, std::string_view content) {
    Write(context.paths.fw_cfg + "/" + key + "/raw", content);
  }
  void WriteCompleteFwCfg() {
    WriteFwCfg("instance_uuid", std::string(kUuid) + "\n");
    WriteFwCfg("platform_url", kUrl);
    WriteFwCfg("bootstrap_token", std::string(kToken) + "\n");
    WriteFwCfg("ca_pem", SampleCa());
  }
  const Reading& ReadingOf(const Resolution& resolution, std::string_view source) {
    for (const Reading& reading : resolution.readings)
      if (reading.source == source) return reading;
    FAIL("nothing was read from it");
    return resolution.readings.front();
  }
  Error Missing() {
    const Resolution resolution = Resolve(context);
    REQUIRE_FALSE(resolution.identity.ok());
    return resolution.identity.error();
  }
};

std::string CompleteFile(std::string_view uuid) {
  return "ID=" + std::string(uuid) + "\nKEY=" + std::string(kToken) +
         "\nSERVER=" + std::string(kUrl) + "\nCA_PEM_FILE=ca.pem\n";
}

StoredIdentity Stored(bool usable) {
  return {.instance_uuid = std::string(kUuid),
          .platform = *ParseOrigin(kUrl),
          .ca_pem = SampleCa(7),
          .usable = usable};
}

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_SUITE("resolve") {
  TEST_CASE(
      "a node without any source is told what is missing, where was looked and where to put it") {
    Node node;
    const Error error = node.Missing();
    CHECK(error.code() == "no_identity");
    for (const std::string_view part :
         {"kernel-cmdline", "/proc/cmdline", "fw-cfg", "/boot/identity.cfg", "/etc/identity.cfg",
          "/persist/etc/identity.cfg", "not there",
          "powernode.instance_uuid= on the kernel command line", "opt/com.powernode/instance_uuid",
          "ID= in /etc/identity.cfg"}) {
      CAPTURE(part);
      CHECK(Contains(error.message(), part));
    }
  }

  TEST_CASE("each missing part has its own code and says where it goes") {
    Node node;
    node.WriteFwCfg("instance_uuid", kUuid);
    CHECK(node.Missing().code() == "no_platform_url");
    CHECK(Contains(node.Missing().message(), "has instance id"));
    CHECK(Contains(node.Missing().message(), "powernode.platform_url="));
    node.WriteFwCfg("platform_url", kUrl);
    CHECK(node.Missing().code() == "no_trust_anchor");
    CHECK(Contains(node.Missing().message(), "/etc/powernode/platform-ca.pem"));
    node.WriteFwCfg("ca_pem", SampleCa());
    CHECK(node.Missing().code() == "no_token");
    CHECK(Contains(node.Missing().message(), "KEY= in /etc/identity.cfg"));
    node.WriteFwCfg("bootstrap_token", kToken);
    CHECK(Resolve(node.context).identity.ok());
  }

  TEST_CASE("fw_cfg alone makes an identity, and each value remembers its source") {
    Node node;
    node.WriteCompleteFwCfg();
    node.WriteFwCfg("instance_name", "web-1");
    const Resolution resolution = Resolve(node.context);
    REQUIRE(resolution.identity.ok());
    const Identity& identity = *resolution.identity;
    CHECK(identity.instance_uuid == kUuid);
    CHECK(identity.platform.ToString() == kUrl);
    CHECK(identity.ca_pem == SampleCa());
    CHECK(identity.bootstrap_token->Reveal() == kToken);
    CHECK(identity.instance_name == "web-1");
    CHECK_FALSE(identity.enrolled);
    CHECK(identity.token_from.source == "fw-cfg");
    CHECK(identity.token_from.read_at > 0);
  }

  TEST_CASE("the sources rank in the order of the table") {
    Node node;
    node.Write(node.context.paths.persist_identity, CompleteFile("e"));
    node.Write(DirectoryOf(node.context.paths.persist_identity) + "/ca.pem", SampleCa(5));
    CHECK(Resolve(node.context).identity->instance_uuid == "e");
    node.Write(node.context.paths.etc_identity, CompleteFile("d"));
    node.Write(DirectoryOf(node.context.paths.etc_identity) + "/ca.pem", SampleCa(4));
    CHECK(Resolve(node.context).identity->instance_uuid == "d");
    node.Write(node.context.paths.boot_identity, CompleteFile("c"));
    node.Write(DirectoryOf(node.context.paths.boot_identity) + "/ca.pem", SampleCa(3));
    CHECK(Resolve(node.context).identity->instance_uuid == "c");
    CHECK(Resolve(node.context).identity->ca_from.source == "boot-file");
    node.WriteCompleteFwCfg();
    node.WriteFwCfg("instance_uuid", "b");
    CHECK(Resolve(node.context).identity->instance_uuid == "b");
    node.WriteCmdline("quiet powernode.instance_uuid=a powernode.bootstrap_token=" +
                      std::string(kToken) + " powernode.platform_url=" + std::string(kUrl) +
                      " powernode.ca_b64=" + Base64Encode(SampleCa(1)));
    CHECK(Resolve(node.context).identity->instance_uuid == "a");
    Record given;
    SetInstanceUuid(given, "--id", "z");
    SetBootstrapToken(given, "--token-file", Secret(std::string(kToken)));
    SetPlatformUrl(given, "--platform-url", kUrl);
    SetCaPem(given, "--ca", SampleCa(9));
    node.context.given = given;
    CHECK(Resolve(node.context).identity->instance_uuid == "z");
    CHECK(Resolve(node.context).identity->token_from.source == "flags");
  }

  TEST_CASE("an unmounted boot partition is read through the given reader, for that moment only") {
    Node node;
    const std::string esp = node.root / "esp";
    node.Write(esp + "/identity.cfg",
               "ID=c\nCA_PEM_FILE=/boot/powernode-ca.pem\nSERVER=" + std::string(kUrl) +
                   "\nKEY=" + std::string(kToken) + "\n");
    node.Write(esp + "/powernode-ca.pem", SampleCa(3));
    int mounted = 0;
    node.context.boot_partition =
        [&](const std::function<void(const std::string&)>& use) -> Status {
      ++mounted;
      use(esp);
      --mounted;
      return Ok();
    };
    const Resolution resolution = Resolve(node.context);
    REQUIRE(resolution.identity.ok());
    CHECK(resolution.identity->ca_pem == SampleCa(3));
    CHECK(mounted == 0);
  }

  TEST_CASE("a boot partition that cannot be mounted is reported and hides nothing") {
    Node node;
    node.WriteCompleteFwCfg();
    REQUIRE(RemoveTree(node.context.paths.fw_cfg + "/ca_pem"));
    node.Write(node.context.paths.image_ca, SampleCa());
    node.context.boot_partition = [](const auto&) -> Status {
      return SystemError("mount /dev/vda1", EIO);
    };
    const Resolution resolution = Resolve(node.context);
    CHECK(resolution.identity.ok());
    CHECK(node.ReadingOf(resolution, "boot-file").record.problems.size() == 1);
  }

  TEST_CASE("nothing is mounted when the sources before say all, and the report says so") {
    Node node;
    node.WriteCompleteFwCfg();
    node.context.boot_partition = node.context.nocloud_disk = [](const auto&) -> Status {
      FAIL("mounted for nothing");
      return Ok();
    };
    const Resolution resolution = Resolve(node.context);
    CHECK(resolution.identity.ok());
    for (const char* source : {"boot-file", "nocloud"})
      CHECK(Contains(node.ReadingOf(resolution, source).record.note, "not read"));
  }

  TEST_CASE("a seed disk gives what nobody before it says") {
    Node node;
    const std::string disk = node.root / "cidata";
    node.Write(disk + "/user-data", "ID=seed\nSERVER=" + std::string(kUrl) +
                                        "\nKEY=" + std::string(kToken) + "\nCA_PEM_FILE=ca.pem\n");
    node.Write(disk + "/ca.pem", SampleCa(4));
    node.Write(node.context.paths.etc_identity, "SERVER=https://other.test\n");
    node.context.nocloud_disk = [&](const std::function<void(const std::string&)>& use) -> Status {
      use(disk);
      return Ok();
    };
    CHECK(node.Missing().code() == "no_trust_anchor");  // the seed's CA is of another platform
    node.Write(node.context.paths.etc_identity, "");
    const Resolution resolution = Resolve(node.context);
    REQUIRE(resolution.identity.ok());
    CHECK(resolution.identity->instance_uuid == "seed");
    CHECK(resolution.identity->ca_pem == SampleCa(4));
    CHECK(resolution.identity->ca_from.source == "nocloud");
    node.Write(disk + "/user-data", "#cloud-config\npackages: [nginx]\n");
    CHECK(node.Missing().code() == "no_identity");
    CHECK(Contains(node.Missing().message(), "holds no identity"));
    REQUIRE(RemoveTree(disk + "/user-data"));
    CHECK(Contains(node.Missing().message(), "the disk has no user-data"));
  }

  TEST_CASE("the image's CA serves when no source has one, agent.conf's before it") {
    Node node;
    node.WriteCompleteFwCfg();
    REQUIRE(RemoveTree(node.context.paths.fw_cfg + "/ca_pem"));
    node.Write(node.context.paths.image_ca, SampleCa(8));
    CHECK(Resolve(node.context).identity->ca_from.source == "image");
    node.context.settings.ca_file = node.root / "conf-ca.pem";
    node.Write(node.context.settings.ca_file, SampleCa(6));
    CHECK(Resolve(node.context).identity->ca_pem == SampleCa(6));
    CHECK(Resolve(node.context).identity->ca_from.source == "agent-conf");
  }

  TEST_CASE("a CA location without fingerprint is the named error, not a silent fetch") {
    Node node;
    node.WriteCmdline(
        "powernode.instance_uuid=a powernode.platform_url=https://p.test "
        "powernode.ca_url=http://x/ca "
        "powernode.bootstrap_token=" +
        std::string(kToken));
    CHECK(node.Missing().code() == "ca_location_without_fingerprint");
    CHECK(Contains(node.Missing().message(), "powernode.ca_b64="));
  }

  TEST_CASE("garbage as CA is no trust anchor, and the message says what was wrong with it") {
    Node node;
    node.WriteCompleteFwCfg();
    for (const std::string garbage :
         {"garbage", "-----BEGIN CERTIFICATE-----\n???\n-----END CERTIFICATE-----\n"}) {
      node.WriteFwCfg("ca_pem", garbage);
      const Error error = node.Missing();
      CHECK(error.code() == "no_trust_anchor");
      CHECK(Contains(error.message(), "ca_pem: "));
    }
  }

  TEST_CASE("a usable certificate wins for everything and needs no source") {
    Node node;
    node.context.stored = Stored(true);
    const Resolution alone = Resolve(node.context);
    REQUIRE(alone.identity.ok());
    CHECK(alone.identity->enrolled);
    CHECK(alone.identity->instance_uuid_from.source == "stored");
    CHECK_FALSE(alone.identity->bootstrap_token.has_value());
    node.WriteCompleteFwCfg();
    const Resolution same = Resolve(node.context);
    CHECK(same.identity->enrolled);
    CHECK(same.identity->ca_pem == SampleCa(7));
    CHECK(same.findings.empty());
  }

  TEST_CASE("an expired certificate still says who the node is, but a token is needed") {
    Node node;
    node.context.stored = Stored(false);
    CHECK(node.Missing().code() == "no_token");
    node.WriteFwCfg("bootstrap_token", kToken);
    const Resolution resolution = Resolve(node.context);
    REQUIRE(resolution.identity.ok());
    CHECK_FALSE(resolution.identity->enrolled);
    CHECK(resolution.identity->ca_from.source == "stored");
    CHECK(resolution.identity->token_from.source == "fw-cfg");
  }

  TEST_CASE(
      "another instance with a token is enrolled anew; without one the stored identity stays") {
    Node node;
    node.context.stored = Stored(true);
    node.WriteCompleteFwCfg();
    node.WriteFwCfg("instance_uuid", kOtherUuid);
    const Resolution with = Resolve(node.context);
    REQUIRE(with.identity.ok());
    CHECK(with.identity->instance_uuid == kOtherUuid);
    CHECK_FALSE(with.identity->enrolled);
    REQUIRE(RemoveTree(node.context.paths.fw_cfg + "/bootstrap_token"));
    const Resolution without = Resolve(node.context);
    REQUIRE(without.identity.ok());
    CHECK(without.identity->instance_uuid == kUuid);
    CHECK(without.identity->enrolled);
    REQUIRE(without.findings.size() == 1);
    CHECK(without.findings[0].code() == "identity_conflict");
    CHECK(Contains(without.findings[0].message(), kOtherUuid));
  }

  TEST_CASE("the report says for each field who said what, who won, and why the others did not") {
    Node node;
    node.WriteCompleteFwCfg();
    node.WriteCmdline("powernode.platform_url=https://other.test");
    const Json fields = ReportJson(Resolve(node.context))["fields"];
    REQUIRE(fields["platform_url"].size() == 2);
    CHECK(fields["platform_url"][0]["source"] == "kernel-cmdline");
    CHECK(fields["platform_url"][0]["taken"] == true);
    CHECK(fields["platform_url"][1]["source"] == "fw-cfg");
    CHECK(fields["platform_url"][1]["value"] == kUrl);
    CHECK(fields["platform_url"][1]["outcome"] == "not taken: a source before it has one");
    CHECK(fields["ca_pem"][0]["outcome"] == "not taken: its source is of another platform");
    node.context.stored = Stored(true);
    const Json enrolled = ReportJson(Resolve(node.context));
    for (const auto& [field, offers] : enrolled["fields"].items())
      for (const Json& offer : offers)
        CHECK(offer["outcome"] == "not taken: this node is enrolled");
    CHECK(enrolled["sources"].back()["note"] == "not asked: this node is enrolled");
  }

  TEST_CASE("neither the report nor any message shows the token") {
    Node node;
    node.WriteCompleteFwCfg();
    const std::string complete = DumpJson(ReportJson(Resolve(node.context)));
    CHECK(Contains(complete, "\"bootstrap_token\":\"*** (46 characters, sha256 "));
    CHECK_FALSE(Contains(complete, kToken));
    REQUIRE(RemoveTree(node.context.paths.fw_cfg + "/platform_url"));
    const Resolution incomplete = Resolve(node.context);
    CHECK_FALSE(Contains(incomplete.identity.error().message(), kToken));
    CHECK_FALSE(Contains(DumpJson(ReportJson(incomplete)), kToken));
  }
}

}  // namespace
}  // namespace powernode::identity::resolve_test
