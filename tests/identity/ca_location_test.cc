#include "identity/ca_location.h"

#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "agent/base/files.h"
#include "agent/base/sha256.h"
#include "identity/identity.h"
#include "tests/identity/sample.h"
#include "tests/identity/scripted_metadata.h"
#include "tests/support/temporary_directory.h"

namespace powernode::identity::ca_location_test {
namespace {

using namespace testing;
using powernode::testing::TemporaryDirectory;

constexpr std::string_view kPlace = "http://boot.test/ca.pem";

// A machine that was booted over the network with everything on the command line but the CA.
struct Netboot {
  TemporaryDirectory root;
  VirtualClock clock;
  ScriptedMetadata server{clock};
  SourceContext context{.paths = Paths::Below(root.path().string()), .clock = &clock};

  explicit Netboot(const std::string& words) {
    context.plain_http = server.Transports();
    server.Say([](const HttpRequest&) { return Ok200(SampleCa(3)); });
    REQUIRE(MakeDirectories(DirectoryOf(context.paths.kernel_cmdline), 0755));
    REQUIRE(WriteFile(context.paths.kernel_cmdline,
                      "powernode.instance_uuid=a powernode.platform_url=" + std::string(kUrl) +
                          " powernode.bootstrap_token=" + std::string(kToken) + " " + words + "\n",
                      0644));
  }
  Error Failure() {
    const Resolution resolution = Resolve(context);
    REQUIRE_FALSE(resolution.identity.ok());
    CHECK(resolution.identity.error().message().find(kPlace) == std::string::npos);
    return resolution.identity.error();
  }
};

std::string At(const std::string& key, const std::string& fingerprint = "") {
  return "powernode." + key + "=" + std::string(kPlace) +
         (fingerprint.empty() ? "" : " powernode.ca_sha256=" + fingerprint);
}

TEST_SUITE("ca_location") {
  TEST_CASE("with the right fingerprint the CA is taken, in any spelling of the key") {
    for (const std::string key : {"ca_url", "ca", "ca_pem_url"}) {
      Netboot node(At(key, Sha256Hex(SampleCa(3))));
      const Resolution resolution = Resolve(node.context);
      REQUIRE(resolution.identity.ok());
      CHECK(resolution.identity->ca_pem == SampleCa(3));
      CHECK(resolution.identity->ca_from.source == "kernel-cmdline");
      CHECK(resolution.findings.empty());
      CHECK(node.server.Requests() == std::vector<std::string>{"GET " + std::string(kPlace)});
    }
  }

  TEST_CASE("the fingerprint may be in upper case, and the CA in DER") {
    const std::string der("\x30\x03\x02\x01\x03", 5);
    std::string fingerprint = Sha256Hex(der);
    for (char& c : fingerprint) c = c >= 'a' ? static_cast<char>(c - 32) : c;
    Netboot node(At("ca_url", fingerprint));
    node.server.Say([&](const HttpRequest&) { return Ok200(der); });
    CHECK(Resolve(node.context).identity->ca_pem == SampleCa(3));
  }

  TEST_CASE("with a wrong fingerprint it is refuted, without one nothing is fetched") {
    Netboot wrong(At("ca_url", Sha256Hex(SampleCa(4))));
    CHECK(wrong.Failure().code() == "ca_location_mismatch");
    CHECK(wrong.Failure().kind() == ErrorKind::kRefuted);
    Netboot none(At("ca_url"));
    CHECK(none.Failure().code() == "ca_location_without_fingerprint");
    CHECK(none.server.Requests().empty());
    Netboot bad(At("ca_url", std::string(63, 'a')));
    CHECK(bad.Failure().code() == "ca_location_bad_fingerprint");
    CHECK(bad.server.Requests().empty());
  }

  TEST_CASE("the image may allow to go without, and that is a finding") {
    Netboot node(At("ca_url"));
    node.context.settings.allow_unpinned_ca_url = true;
    const Resolution resolution = Resolve(node.context);
    REQUIRE(resolution.identity.ok());
    CHECK(resolution.identity->ca_pem == SampleCa(3));
    REQUIRE(resolution.findings.size() == 1);
    CHECK(resolution.findings[0].code() == "unpinned_ca_url");
  }

  TEST_CASE("what cannot be fetched is named, and the image's CA serves instead") {
    const std::string pinned = At("ca_url", Sha256Hex(SampleCa(3)));
    Netboot node(pinned);
    node.server.Say([](const HttpRequest&) { return OnlyStatus(302); });
    CHECK(node.Failure().code() == "ca_location_not_fetched");
    CHECK(node.Failure().message().find("status 302") != std::string::npos);
    node.server.SayNothing(Nobody::kAnswers);
    CHECK(node.Failure().message().find("nobody there") != std::string::npos);
    node.context.plain_http = {};
    CHECK(node.Failure().code() == "ca_location_not_fetched");
    REQUIRE(MakeDirectories(DirectoryOf(node.context.paths.image_ca), 0755));
    REQUIRE(WriteFile(node.context.paths.image_ca, SampleCa(5), 0644));
    CHECK(Resolve(node.context).identity->ca_pem == SampleCa(5));
    Netboot tls("powernode.ca_url=https://boot.test/ca.pem powernode.ca_sha256=" +
                Sha256Hex(SampleCa(3)));
    CHECK(tls.Failure().code() == "ca_location_not_fetched");
    CHECK(tls.server.Requests().empty());
  }

  TEST_CASE("an enrolled node fetches nothing, unless it is to become another one") {
    Netboot node(At("ca_url", Sha256Hex(SampleCa(3))));
    node.context.stored = StoredIdentity{.instance_uuid = "a",
                                         .platform = *ParseOrigin(kUrl),
                                         .ca_pem = SampleCa(7),
                                         .usable = true};
    CHECK(Resolve(node.context).identity->enrolled);
    CHECK(node.server.Requests().empty());
    node.context.stored->instance_uuid = "b";
    CHECK(Resolve(node.context).identity->instance_uuid == "a");
    CHECK(node.server.Requests().size() == 1);
  }

  TEST_CASE("user data may not name a place") {
    Netboot node("");
    node.context.settings.cloud = "hetzner";
    node.server.Say([](const HttpRequest& request) {
      return request.url.ends_with("userdata")
                 ? Ok200("powernode.instance_uuid=a " + At("ca_url", Sha256Hex(SampleCa(3))))
                 : Ok200(SampleCa(3));
    });
    CHECK(node.Failure().code() == "ca_location_not_fetched");
    CHECK(node.server.Requests().size() == 1);
  }
}

}  // namespace
}  // namespace powernode::identity::ca_location_test
