// Metadata services at their true link-local address, in a network namespace of the test's own.

#include <doctest/doctest.h>
#include <sched.h>

#include <cstdlib>

#include "agent/base/curl_transport.h"
#include "agent/base/encoding.h"
#include "agent/base/files.h"
#include "identity/identity.h"
#include "tests/identity/metadata_server.h"
#include "tests/identity/sample.h"
#include "tests/support/temporary_directory.h"

namespace powernode::identity::cloud_network_test {
namespace {

using namespace testing;
using powernode::testing::TemporaryDirectory;

constexpr const char* kAddress = "169.254.169.254";
constexpr const char* kAddress6 = "fd00:ec2::254";

void Run(const std::string& command) {
  CAPTURE(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

// A machine that DMI says is of a cloud, in a network with nothing in it.
struct Machine {
  TemporaryDirectory root;
  SourceContext context{.paths = Paths::Below(root.path().string())};

  explicit Machine(const std::string& attribute = "sys_vendor",
                   const std::string& value = "DigitalOcean") {
    REQUIRE(::unshare(CLONE_NEWNET) == 0);
    Run("ip link set lo up");
    WriteDmi(attribute, value);
    context.plain_http = []() -> Result<std::unique_ptr<HttpTransport>> {
      return std::unique_ptr<HttpTransport>(*CurlTransport::Create({}));
    };
  }
  void WriteDmi(const std::string& attribute, const std::string& value) {
    REQUIRE(MakeDirectories(context.paths.dmi, 0755));
    REQUIRE(WriteFile(context.paths.dmi + "/" + attribute, value + "\n", 0644));
  }
  void AddAddress() { Run("ip addr add 169.254.169.254/32 dev lo"); }
  void AddAddress6() { Run("ip -6 addr add fd00:ec2::254/128 dev lo nodad"); }
};

std::string UserData(std::string_view url = kUrl, int ca = 1) {
  return "powernode.instance_uuid=" + std::string(kUuid) +
         " powernode.bootstrap_token=" + std::string(kToken) +
         " powernode.platform_url=" + std::string(url) +
         " powernode.ca_b64=" + Base64Encode(SampleCa(ca));
}

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_SUITE("cloud_network") {
  TEST_CASE("each provider's service gives the identity") {
    struct Row {
      std::string name, attribute, value, target, header;
    };
    for (const Row& row : std::vector<Row>{
             {"gcp", "product_name", "Google Compute Engine",
              "GET /computeMetadata/v1/instance/attributes/user-data", "Metadata-Flavor: Google"},
             {"azure", "chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77",
              "GET /metadata/instance/compute/userData?api-version=2021-01-01&format=text",
              "Metadata: true"},
             {"digitalocean", "sys_vendor", "DigitalOcean", "GET /metadata/v1/user-data", ""},
             {"hetzner", "sys_vendor", "Hetzner", "GET /hetzner/v1/userdata", ""},
             {"openstack", "product_name", "OpenStack Nova", "GET /openstack/latest/user_data",
              ""}}) {
      CAPTURE(row.name);
      Machine machine(row.attribute, row.value);
      machine.AddAddress();
      const std::string body = row.name == "azure" ? Base64Encode(UserData()) : UserData();
      const MetadataServer server(kAddress, {{row.target, HttpAnswer("200 OK", body)}});
      const Resolution resolution = Resolve(machine.context);
      REQUIRE(resolution.identity.ok());
      CHECK(resolution.identity->instance_uuid == kUuid);
      CHECK(resolution.identity->token_from.source == row.name);
      REQUIRE(server.Requests().size() == 1);
      CHECK(Contains(server.Requests()[0], row.header + "\r\n"));
      CHECK(Contains(server.Requests()[0], "\r\nHost: 169.254.169.254\r\n"));
    }
  }

  TEST_CASE("aws answers over IPv4 and, where there is no IPv4, over IPv6") {
    const std::map<std::string, std::string> answers = {
        {"PUT /latest/api/token", HttpAnswer("200 OK", "session-token==")},
        {"GET /latest/user-data", HttpAnswer("200 OK", UserData())}};
    for (const char* address : {kAddress, kAddress6}) {
      CAPTURE(address);
      Machine machine("sys_vendor", "Amazon EC2");
      if (address == kAddress)
        machine.AddAddress();
      else
        machine.AddAddress6();
      const MetadataServer server(address, answers);
      const Resolution resolution = Resolve(machine.context);
      REQUIRE(resolution.identity.ok());
      CHECK(resolution.identity->ca_from.source == "aws");
      REQUIRE(server.Requests().size() == 2);
      CHECK(Contains(server.Requests()[0], "X-aws-ec2-metadata-token-ttl-seconds: 60\r\n"));
      CHECK(Contains(server.Requests()[1], "X-aws-ec2-metadata-token: session-token==\r\n"));
    }
  }

  TEST_CASE("no data, a wrong body, a redirect and an answer too long leave the node as it was") {
    const std::vector<std::pair<std::string, std::string>> table = {
        {HttpAnswer("404 Not Found", "no user data"), "no user data (404)"},
        {HttpAnswer("200 OK", "#cloud-config\npackages: [nginx]\n"), "holds no identity"},
        {HttpAnswer("200 OK", ""), "user data is empty"},
        {HttpAnswer("302 Found", "", "Location: http://169.254.169.254/other\r\n"), "status 302"},
        {HttpAnswer("200 OK", std::string(64 * 1024 + 1, 'x')), "longer than the 65536 bytes"},
        {"this is not HTTP\r\n\r\n", "HTTP"},
    };
    for (const auto& [answer, expected] : table) {
      CAPTURE(expected);
      Machine machine;
      machine.AddAddress();
      const MetadataServer server(kAddress, {{"GET /metadata/v1/user-data", answer},
                                             {"GET /other", HttpAnswer("200 OK", UserData())}});
      const Resolution resolution = Resolve(machine.context);
      REQUIRE_FALSE(resolution.identity.ok());
      CHECK(resolution.identity.error().code() == "no_identity");
      CHECK(Contains(resolution.identity.error().message(), expected));
      CHECK(server.Requests().size() == 1);
    }
  }

  TEST_CASE("a hostile service gives neither platform nor CA where these are known") {
    Machine machine;
    machine.AddAddress();
    REQUIRE(MakeDirectories(machine.root / "etc/powernode", 0755));
    REQUIRE(WriteFile(machine.context.paths.image_ca, SampleCa(5), 0644));
    REQUIRE(
        WriteFile(machine.context.paths.etc_identity, "SERVER=" + std::string(kUrl) + "\n", 0644));
    const MetadataServer server(
        kAddress,
        {{"GET /metadata/v1/user-data", HttpAnswer("200 OK", UserData("https://evil.test", 9))}});
    const Resolution resolution = Resolve(machine.context);
    REQUIRE(resolution.identity.ok());
    CHECK(resolution.identity->platform.ToString() == kUrl);
    CHECK(resolution.identity->ca_pem == SampleCa(5));
  }

  TEST_CASE("a machine that is of no cloud sends no request") {
    Machine machine("sys_vendor", "QEMU");
    machine.AddAddress();
    const MetadataServer server(kAddress,
                                {{"GET /metadata/v1/user-data", HttpAnswer("200 OK", UserData())}});
    CHECK(Resolve(machine.context).identity.error().code() == "no_identity");
    CHECK(server.Requests().empty());
    machine.context.settings.cloud = "probe";
    CHECK(Resolve(machine.context).identity.ok());
    CHECK(server.Requests().size() >= 5);
  }

  TEST_CASE("a service that says nothing, one that nobody runs and a dead network are named") {
    Machine silent;
    silent.AddAddress();
    {
      const MetadataServer server(kAddress, {{"GET /metadata/v1/user-data", ""}});
      const Resolution resolution = Resolve(silent.context);
      CHECK(Contains(resolution.identity.error().message(), "no answer from the metadata service"));
      CHECK(server.Requests().size() == 1);
    }
    CHECK(Contains(Resolve(silent.context).identity.error().message(), "asked 4 times"));

    Machine dead;  // a neighbour that never answers
    Run("ip link add here type veth peer name there");
    Run("ip addr add 169.254.1.1/16 dev here && ip link set here up && ip link set there up");
    const Resolution resolution = Resolve(dead.context);
    CHECK(Contains(resolution.identity.error().message(), "no answer from the metadata service"));
    CHECK(resolution.readings.back().duration >= std::chrono::milliseconds(500));
    MESSAGE("dead network: " << resolution.readings.back().duration.count() << " ms");
  }
}

}  // namespace
}  // namespace powernode::identity::cloud_network_test
