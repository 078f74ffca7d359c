#include "identity/cloud.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "agent/base/encoding.h"
#include "agent/base/files.h"
#include "identity/cloud_providers.h"
#include "identity/identity.h"
#include "tests/identity/sample.h"
#include "tests/identity/scripted_metadata.h"
#include "tests/support/temporary_directory.h"

namespace powernode::identity::cloud_test {
namespace {

using namespace testing;
using powernode::testing::TemporaryDirectory;
using std::chrono::milliseconds;

constexpr std::string_view kBase = "http://169.254.169.254";

struct Machine {
  TemporaryDirectory root;
  VirtualClock clock;
  ScriptedMetadata metadata{clock};
  SourceContext context{.paths = Paths::Below(root.path().string()), .clock = &clock};

  Machine() {
    context.plain_http = metadata.Transports();
    metadata.Say([](const HttpRequest&) { return OnlyStatus(404); });
  }
  void Write(const std::string& path, std::string_view content) {
    REQUIRE(MakeDirectories(DirectoryOf(path), 0755));
    REQUIRE(WriteFile(path, content, 0644));
  }
  void WriteDmi(const std::string& attribute, const std::string& value) {
    Write(context.paths.dmi + "/" + attribute, value + "\n");
  }
};

std::string Json(std::string_view uuid, std::string_view url = kUrl, int ca = 1) {
  std::string pem;
  for (const char c : SampleCa(ca)) pem += c == '\n' ? std::string("\\n") : std::string(1, c);
  return "{\"instance_uuid\":\"" + std::string(uuid) + "\",\"bootstrap_token\":\"" +
         std::string(kToken) + "\",\"platform_url\":\"" + std::string(url) + "\",\"ca_pem\":\"" +
         pem + "\"}";
}

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_SUITE("cloud") {
  TEST_CASE("DMI names the provider, and nothing else does") {
    const std::vector<std::array<std::string, 3>> table = {
        {"sys_vendor", "Amazon EC2", "aws"},
        {"product_uuid", "EC2A1B2C-0000-0000-0000-000000000000", "aws"},
        {"product_uuid", "ec2a1b2c-0000-0000-0000-000000000000", "aws"},
        {"product_name", "Google Compute Engine", "gcp"},
        {"chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77", "azure"},
        {"sys_vendor", "DigitalOcean", "digitalocean"},
        {"sys_vendor", "Hetzner", "hetzner"},
        {"product_name", "OpenStack Nova", "openstack"},
        {"product_name", "OpenStack Compute", "openstack"},
        {"chassis_asset_tag", "OpenTelekomCloud", "openstack"},
        {"sys_vendor", "QEMU", "-"},
        {"sys_vendor", "Microsoft Corporation", "-"},
        {"product_name", "Amazon EC2", "-"},
        {"product_uuid", "a1b2ec2c-0000-0000-0000-000000000000", "-"},
        {"sys_vendor", "", "-"},
    };
    for (const auto& [attribute, value, expected] : table) {
      CAPTURE(attribute);
      CAPTURE(value);
      Machine machine;
      machine.WriteDmi(attribute, value);
      const CloudProvider* provider = DetectCloud(machine.context.paths.dmi);
      CHECK((provider == nullptr ? "-" : provider->name) == expected);
    }
    CHECK(DetectCloud("/nowhere") == nullptr);
  }

  TEST_CASE("a machine of no cloud, and cloud=none, ask nobody and say why") {
    Machine machine;
    machine.WriteDmi("sys_vendor", "QEMU");
    const std::vector<Reading> none = AskClouds(machine.context);
    REQUIRE(none.size() == 1);
    CHECK(none[0].source == "cloud");
    CHECK(Contains(none[0].record.note, "names no cloud"));
    machine.WriteDmi("sys_vendor", "Hetzner");
    machine.context.settings.cloud = "none";
    CHECK(Contains(AskClouds(machine.context)[0].record.note, "cloud is none"));
    CHECK(machine.metadata.Requests().empty());
  }

  TEST_CASE("each provider is asked as it wants to be") {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"gcp", "/computeMetadata/v1/instance/attributes/user-data Metadata-Flavor: Google"},
        {"azure",
         "/metadata/instance/compute/userData?api-version=2021-01-01&format=text Metadata: true"},
        {"digitalocean", "/metadata/v1/user-data"},
        {"hetzner", "/hetzner/v1/userdata"},
        {"openstack", "/openstack/latest/user_data"},
    };
    for (const auto& [name, request] : table) {
      CAPTURE(name);
      Machine machine;
      machine.context.settings.cloud = name;
      machine.metadata.Say([](const HttpRequest& asked) {
        CHECK(asked.limits.max_body == 64 * 1024);
        return Ok200(Base64Encode(Json(kUuid)));
      });
      const std::vector<Reading> readings = AskClouds(machine.context);
      CHECK(machine.metadata.Requests() ==
            std::vector<std::string>{"GET " + std::string(kBase) + request});
      REQUIRE(readings.size() == 1);
      CHECK(readings[0].source == name);
      CHECK(readings[0].record.instance_uuid == std::string(kUuid));
      CHECK(readings[0].record.bootstrap_token->Reveal() == kToken);
    }
  }

  TEST_CASE("aws is asked with a session token, at both addresses in turn") {
    Machine machine;
    machine.context.settings.cloud = "aws";
    machine.metadata.Say([&](const HttpRequest& asked) -> Result<HttpResponse> {
      if (!asked.url.starts_with("http://[fd00:ec2::254]/"))
        return Error(ErrorKind::kUnavailable, "connect_failed", "no route");
      return asked.method == "PUT" ? Ok200("session==\n") : Ok200(Json(kUuid));
    });
    const std::vector<Reading> readings = AskClouds(machine.context);
    CHECK(readings[0].record.instance_uuid == std::string(kUuid));
    CHECK(
        machine.metadata.Requests() ==
        std::vector<std::string>{
            "PUT http://169.254.169.254/latest/api/token X-aws-ec2-metadata-token-ttl-seconds: 60",
            "PUT http://[fd00:ec2::254]/latest/api/token X-aws-ec2-metadata-token-ttl-seconds: 60",
            "GET http://[fd00:ec2::254]/latest/user-data X-aws-ec2-metadata-token: session=="});
  }

  TEST_CASE("a session token that cannot stand in a header is not put there") {
    for (const std::string& token :
         {std::string(), std::string("a\r\nHost: evil"), std::string("a b"), std::string(1025, 'a'),
          std::string("\xc3\xa4")}) {
      CAPTURE(token);
      Machine machine;
      machine.context.settings.cloud = "aws";
      machine.metadata.Say([&](const HttpRequest&) { return Ok200(token); });
      const Record record = AskClouds(machine.context)[0].record;
      CHECK(machine.metadata.Requests().size() == 1);
      REQUIRE(record.problems.size() == 1);
      CHECK(record.problems[0].code() == "bad_metadata");
    }
  }

  TEST_CASE("only 200 brings data, and an answer that stays the same is asked for once") {
    for (const int status : {201, 204, 301, 302, 307, 400, 401, 403, 404}) {
      CAPTURE(status);
      Machine machine;
      machine.context.settings.cloud = "hetzner";
      machine.metadata.Say([&](const HttpRequest&) {
        HttpResponse answer = Ok200(Json(kUuid));
        answer.status = status;
        return answer;
      });
      const Record record = AskClouds(machine.context)[0].record;
      CHECK_FALSE(record.found);
      CHECK(record.Summary().empty());
      CHECK(Contains(record.note, std::to_string(status)));
      CHECK(machine.metadata.Requests().size() == 1);
    }
  }

  TEST_CASE("a service that is not ready yet is asked again") {
    Machine machine;
    machine.context.settings.cloud = "openstack";
    int asked = 0;
    machine.metadata.Say([&](const HttpRequest&) -> Result<HttpResponse> {
      ++asked;
      if (asked == 1) return OnlyStatus(503);
      if (asked == 2) return Error(ErrorKind::kUnavailable, "connect_failed", "refused");
      if (asked == 3) return OnlyStatus(429);
      return Ok200(Json(kUuid));
    });
    CHECK(AskClouds(machine.context)[0].record.instance_uuid == std::string(kUuid));
    CHECK(asked == 4);
  }

  TEST_CASE("an answer that cannot be taken is a problem and is not asked for again") {
    Machine machine;
    machine.context.settings.cloud = "gcp";
    machine.metadata.Say([&](const HttpRequest&) -> Result<HttpResponse> {
      return Error(ErrorKind::kInvalid, "response_too_large", "longer than 65536 bytes");
    });
    const Record record = AskClouds(machine.context)[0].record;
    REQUIRE(record.problems.size() == 1);
    CHECK(record.problems[0].code() == "response_too_large");
    CHECK(machine.metadata.Requests().size() == 1);
  }

  TEST_CASE("when nobody answers that is known within two seconds, and said") {
    for (const Nobody nobody : {Nobody::kConnects, Nobody::kAnswers})
      for (const CloudProvider& provider : CloudProviders()) {
        CAPTURE(provider.name);
        Machine machine;
        machine.context.settings.cloud = provider.name;
        machine.metadata.SayNothing(nobody);
        const milliseconds started = machine.clock.Monotonic();
        const std::vector<Reading> readings = AskClouds(machine.context);
        CHECK((machine.clock.Monotonic() - started) <= milliseconds(2'000));
        CHECK(readings[0].duration == machine.clock.Monotonic() - started);
        REQUIRE(readings[0].record.problems.size() == 1);
        CHECK(readings[0].record.problems[0].code() == "cloud_silent");
        CHECK(Contains(readings[0].record.problems[0].message(), "nobody there"));
        CHECK(machine.metadata.Requests().size() == (nobody == Nobody::kConnects ? 3 : 1));
      }
  }

  TEST_CASE("the whole way says in two seconds what was tried in vain") {
    Machine machine;
    machine.WriteDmi("sys_vendor", "Amazon EC2");
    machine.metadata.SayNothing(Nobody::kAnswers);
    const milliseconds started = machine.clock.Monotonic();
    const Resolution resolution = Resolve(machine.context);
    CHECK((machine.clock.Monotonic() - started) <= milliseconds(2'000));
    REQUIRE_FALSE(resolution.identity.ok());
    CHECK(resolution.identity.error().code() == "no_identity");
    const std::string& message = resolution.identity.error().message();
    for (const std::string_view part :
         {"aws (http://169.254.169.254/latest/user-data: no answer from the metadata service",
          "asked 1 times", "after 1800 ms", "kernel-cmdline (", "fw-cfg (", "systemd-credentials (",
          "boot-file (", "etc-file (", "nocloud ("}) {
      CAPTURE(part);
      CHECK(Contains(message, part));
    }
  }

  TEST_CASE("stop ends the asking") {
    Machine machine;
    std::stop_source stop;
    machine.context.stop = stop.get_token();
    machine.context.settings.cloud = "hetzner";
    machine.metadata.Say([&](const HttpRequest&) -> Result<HttpResponse> {
      stop.request_stop();
      return Error(ErrorKind::kUnavailable, "stopped", "stopped");
    });
    AskClouds(machine.context);
    CHECK(machine.metadata.Requests().size() == 1);
  }

  TEST_CASE("probe asks all at once and ranks them as the table does") {
    Machine machine;
    machine.context.settings.cloud = "probe";
    machine.metadata.Say([](const HttpRequest& asked) {
      if (asked.url.ends_with("/hetzner/v1/userdata")) return Ok200(Json("from-hetzner"));
      if (asked.url.ends_with("/metadata/v1/user-data")) return Ok200(Json("from-digitalocean"));
      return OnlyStatus(404);
    });
    const std::vector<Reading> readings = AskClouds(machine.context);
    REQUIRE(readings.size() == CloudProviders().size());
    for (std::size_t i = 0; i < readings.size(); ++i)
      CHECK(readings[i].source == CloudProviders()[i].name);
    const Resolution resolution = Resolve(machine.context);
    REQUIRE(resolution.identity.ok());
    CHECK(resolution.identity->instance_uuid == "from-digitalocean");
  }

  TEST_CASE("a cloud gives an identity of its own") {
    Machine machine;
    machine.WriteDmi("sys_vendor", "DigitalOcean");
    machine.metadata.Say([](const HttpRequest&) { return Ok200(Json(kUuid)); });
    const Resolution resolution = Resolve(machine.context);
    REQUIRE(resolution.identity.ok());
    CHECK(resolution.identity->instance_uuid_from.source == "digitalocean");
    CHECK(resolution.identity->ca_from.source == "digitalocean");
  }

  TEST_CASE("a hostile answer moves neither platform nor CA") {
    Machine machine;
    machine.WriteDmi("sys_vendor", "DigitalOcean");
    machine.Write(machine.context.paths.etc_identity,
                  "ID=" + std::string(kUuid) + "\nSERVER=" + std::string(kUrl) + "\n");
    machine.Write(machine.context.paths.image_ca, SampleCa(5));
    machine.metadata.Say(
        [](const HttpRequest&) { return Ok200(Json(kUuid, "https://evil.test", 9)); });
    const Resolution resolution = Resolve(machine.context);
    REQUIRE(resolution.identity.ok());
    CHECK(resolution.identity->platform.ToString() == kUrl);
    CHECK(resolution.identity->ca_pem == SampleCa(5));
    CHECK(resolution.identity->token_from.source == "digitalocean");
    machine.metadata.Say([](const HttpRequest&) { return Ok200(Json(kUuid, kUrl, 9)); });
    CHECK(Resolve(machine.context).identity->ca_from.source == "image");
    machine.context.stored = StoredIdentity{.instance_uuid = std::string(kUuid),
                                            .platform = *ParseOrigin(kUrl),
                                            .ca_pem = SampleCa(7),
                                            .usable = false};
    REQUIRE(RemoveTree(machine.context.paths.image_ca));
    CHECK(Resolve(machine.context).identity->ca_from.source == "stored");
    machine.metadata.Say([](const HttpRequest&) { return Ok200(Json(kOtherUuid)); });
    CHECK(Resolve(machine.context).identity.error().code() == "no_token");
  }

  TEST_CASE("nobody asks a cloud about an identity that stands") {
    Machine machine;
    machine.WriteDmi("sys_vendor", "DigitalOcean");
    machine.context.stored = StoredIdentity{.instance_uuid = std::string(kUuid),
                                            .platform = *ParseOrigin(kUrl),
                                            .ca_pem = SampleCa(7),
                                            .usable = true};
    CHECK(Resolve(machine.context).identity->enrolled);
    machine.context.stored.reset();
    machine.Write(machine.context.paths.etc_identity,
                  "ID=n1\nSERVER=" + std::string(kUrl) + "\nKEY=" + std::string(kToken) + "\n");
    machine.Write(machine.context.paths.image_ca, SampleCa(5));
    const Resolution complete = Resolve(machine.context);
    CHECK(complete.identity.ok());
    CHECK(Contains(complete.readings.back().record.note, "complete without it"));
    CHECK(machine.metadata.Requests().empty());
  }
}

}  // namespace
}  // namespace powernode::identity::cloud_test
