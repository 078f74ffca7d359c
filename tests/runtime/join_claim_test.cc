// Joining without a token: what is asked, when, with which key, and what is left on the disk
// between two rounds, where a power cut may fall.
#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "enroll/key.h"
#include "enroll/pki_store.h"
#include "runtime/claim_state.h"
#include "runtime/join.h"
#include "tests/enroll/authority.h"
#include "tests/enroll/sample_credentials.h"
#include "tests/enroll/scripted_platform.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::join_claim_test {
namespace {

using namespace enroll::testing;
using powernode::testing::TemporaryDirectory;

constexpr std::int64_t kNow = 1'770'000'000;  // 2026-02-02
const std::string kToken = "Y2xhaW0gdG9rZW4gZm9yIHRlc3RzIG9ubHk";
const std::string kOtherToken = "YW5vdGhlciB0b2tlbiBmb3IgdGVzdHM";

struct Fixture {
  Fixture() {
    Put("/etc/powernode/platform-ca.pem", authority.root_pem());
    Put("/etc/identity.cfg", "SERVER=https://p.test:8443\n");
    AddCard("eth0", "52:54:00:12:34:56", "pci0000:00/0000:00:03.0");
  }

  void Put(const std::string& name, const std::string& text) {
    const std::string path = paths.root + name;
    REQUIRE(MakeDirectories(DirectoryOf(path), 0755));
    REQUIRE(WriteFile(path, text, 0644));
  }
  void AddCard(const std::string& name, const std::string& mac, const std::string& place) {
    const std::string home = "/sys/devices/" + place + "/net/" + name;
    Put(home + "/address", mac + "\n");
    Put(home + "/type", "1\n");
    REQUIRE(Symlink("../..", paths.root + home + "/device"));
    REQUIRE(MakeDirectories(paths.network_devices, 0755));
    REQUIRE(Symlink(paths.root + home, paths.network_devices + "/" + name));
  }

  JoinAttempt Join(bool claim = true) {
    return JoinOnce({.paths = paths, .claim = claim, .transports = platform.Transports()}, clock,
                    {});
  }
  Error Fails() {
    JoinAttempt attempt = Join();
    REQUIRE_FALSE(attempt.outcome.ok());
    CHECK(attempt.outcome.error().message().find(kToken) == std::string::npos);
    return attempt.outcome.error();
  }
  Joined MustJoin() {
    JoinAttempt attempt = Join();
    REQUIRE_MESSAGE(attempt.outcome.ok(),
                    (attempt.outcome ? "" : attempt.outcome.error().message()));
    return *std::move(attempt.outcome);
  }

  Secret PendingKey() { return Secret(*ReadFile(paths.pki + "/pending/node.key", 9999)); }
  void AnswerPending(const std::string& code = "7KQ2MXRA") {
    platform.Answer(
        200, R"({"success":true,"data":{"status":"pending","claim_code":")" + code + R"("}})");
  }
  void AnswerClaimed(const std::string& token = kToken) {
    platform.Answer(200, R"({"success":true,"data":{"status":"claimed","instance_uuid":"node-1",)"
                         R"("platform_url":"https://localhost:3000","ca_pem_url":"http://x/ca",)"
                         R"("bootstrap_token":")" +
                             token + R"("}})");
  }
  void AnswerCertificate() {
    platform.Answer([this](const HttpRequest&) -> Result<HttpResponse> {
      const Json data{{"cert_pem", authority.Issue(PendingKey(), {})},
                      {"ca_chain_pem", authority.root_pem()}};
      return HttpResponse{
          .status = 200, .headers = {}, .body = DumpJson(Json{{"success", true}, {"data", data}})};
    });
  }
  // The rung of the ladder before the claim does not hold.
  void AnswerNoRefresh() { platform.Answer(401, R"({"success":false,"error":"expired"})"); }
  void AnswerNothing() {
    platform.Answer([](const HttpRequest&) -> Result<HttpResponse> {
      return Error(ErrorKind::kUnavailable, "connection_lost", "connection reset");
    });
  }

  // "claim enroll ...", as they were asked; every one at the platform the node trusts.
  std::string Asked() const {
    std::string text;
    for (const HttpRequest& request : platform.requests()) {
      constexpr std::string_view kBase = "https://p.test:8443/api/v1/system/node_api/";
      REQUIRE(request.url.starts_with(kBase));
      text += (text.empty() ? "" : " ") + request.url.substr(kBase.size());
    }
    return text;
  }
  Json Body(std::size_t request) const { return *ParseJson(platform.requests().at(request).body); }

  TemporaryDirectory root;
  Paths paths = Paths::Below(root.path().string());
  Authority authority;
  ScriptedPlatform platform;
  StandingClock clock{kNow};
};

TEST_SUITE("join by claim") {
  TEST_CASE("a node without token and id asks once a round, with a key that is on the disk") {
    Fixture fixture;
    fixture.platform.Answer([&](const HttpRequest& request) -> Result<HttpResponse> {
      CHECK((*ParseJson(request.body))["device_key_sha256"] ==
            *enroll::PublicKeySha256(fixture.PendingKey()));
      return HttpResponse{.status = 200,
                          .headers = {},
                          .body = R"({"success":true,"data":{"claim_code":"7KQ2MXRA"}})"};
    });
    for (int round = 0; round < 2; ++round) {
      const JoinAttempt attempt = fixture.Join();
      REQUIRE_FALSE(attempt.outcome.ok());
      CHECK(attempt.stage == "claim");
      CHECK(attempt.outcome.error().code() == "claim_pending");
      CHECK(attempt.claim_code == "7KQ2MXRA");
      CHECK(attempt.claim_url == "https://p.test:8443/claim/7KQ2MXRA");
      CHECK(attempt.outcome.error().message().find(attempt.claim_url) != std::string::npos);
      REQUIRE(attempt.claim);
      CHECK(JoinPace().Next(attempt) >= std::chrono::seconds(27));
    }
    CHECK(fixture.Asked() == "claim claim");
    CHECK(fixture.Body(0) == fixture.Body(1));
    CHECK(fixture.Body(0)["mac"] == "52:54:00:12:34:56");
    CHECK_FALSE(fixture.Body(0).contains("instance_id"));
  }

  TEST_CASE("claimed, it enrolls in the same round, and never asks by claim again") {
    Fixture fixture;
    fixture.AnswerClaimed();
    fixture.AnswerCertificate();
    const Joined joined = fixture.MustJoin();
    CHECK(joined.by == JoinedBy::kEnrolled);
    CHECK(joined.source == "claim");
    CHECK(joined.credentials->instance_id == "node-1");
    CHECK(joined.credentials->platform.ToString() == "https://p.test:8443");
    CHECK(fixture.Asked() == "claim enroll");
    CHECK(fixture.Body(1)["bootstrap_token"] == kToken);
    CHECK_FALSE(Exists(fixture.paths.pki + "/pending"));
    for (int restart = 0; restart < 3; ++restart) CHECK(fixture.MustJoin().by == JoinedBy::kStored);
    CHECK(fixture.Asked() == "claim enroll");
  }

  TEST_CASE("power lost between claim and enrolment: the kept result enrolls, with the same key") {
    Fixture fixture;
    fixture.AnswerClaimed();
    fixture.AnswerNothing();
    fixture.AnswerCertificate();
    CHECK(fixture.Fails().code() == "connection_lost");
    const std::string key = fixture.PendingKey().Reveal();
    CHECK(fixture.MustJoin().credentials->key_pem.Reveal() == key);
    CHECK(fixture.Asked() == "claim enroll enroll");
    CHECK(fixture.Body(1)["csr_pem"] == fixture.Body(2)["csr_pem"]);
  }

  TEST_CASE("a token that appears meanwhile is used at the next round") {
    Fixture fixture;
    fixture.AnswerPending();
    fixture.AnswerCertificate();
    CHECK(fixture.Fails().code() == "claim_pending");
    CHECK(LoadClaimState(fixture.paths).code == "7KQ2MXRA");
    fixture.Put("/sys/firmware/qemu_fw_cfg/by_name/opt/com.powernode/instance_uuid/raw", "node-1");
    fixture.Put("/sys/firmware/qemu_fw_cfg/by_name/opt/com.powernode/bootstrap_token/raw",
                kOtherToken);
    CHECK(fixture.MustJoin().source == "fw-cfg");
    CHECK(fixture.Asked() == "claim enroll");
    CHECK(fixture.Body(1)["bootstrap_token"] == kOtherToken);
    CHECK(LoadClaimState(fixture.paths).code.empty());
  }

  TEST_CASE("a claim's token that the platform does not take is forgotten, and claimed anew") {
    Fixture fixture;
    fixture.AnswerClaimed();
    fixture.platform.Answer(422, R"({"success":false,"error":"spent"})");
    fixture.AnswerPending();
    const Error refused = fixture.Fails();
    CHECK(refused.code() == "token_refused");
    CHECK(refused.message().find("confirm it once more") != std::string::npos);
    CHECK(fixture.Fails().code() == "claim_pending");
    CHECK(fixture.Asked() == "claim enroll claim");
    CHECK(fixture.Body(0)["device_key_sha256"] == fixture.Body(2)["device_key_sha256"]);
  }

  TEST_CASE("where another source's token is spent, a person can confirm the node") {
    Fixture fixture;
    fixture.Put("/etc/identity.cfg", "SERVER=https://p.test:8443\nID=node-1\nKEY=" + kOtherToken);
    fixture.platform.Answer(422, R"({"success":false,"error":"spent"})");
    fixture.AnswerPending();
    fixture.AnswerClaimed();
    fixture.AnswerNothing();
    fixture.AnswerCertificate();
    const JoinAttempt first = fixture.Join();
    REQUIRE_FALSE(first.outcome.ok());
    CHECK(first.outcome.error().code() == "token_refused");
    CHECK(first.outcome.error().message().find("code 7KQ2MXRA") != std::string::npos);
    CHECK(first.claim_code == "7KQ2MXRA");
    CHECK(fixture.Fails().code() == "connection_lost");
    CHECK(fixture.MustJoin().credentials->instance_id == "node-1");
    CHECK(fixture.Asked() == "enroll claim claim enroll enroll");
    CHECK(fixture.Body(1)["instance_id"] == "node-1");
    CHECK(fixture.Body(4)["bootstrap_token"] == kToken);
  }

  TEST_CASE("an expired certificate proves with its key who the node was") {
    Fixture fixture;
    enroll::PkiStore store(fixture.paths.pki);
    const enroll::CredentialsPtr old =
        *store.Save(SampleCredentials(fixture.authority, {.not_after = kNow - 1000}), "enroll");
    fixture.AnswerNoRefresh();
    fixture.AnswerClaimed();
    fixture.AnswerCertificate();
    CHECK(fixture.MustJoin().credentials->generation == "gen-000002");
    CHECK(fixture.Asked() == "enroll/refresh claim enroll");
    CHECK(fixture.Body(1)["instance_id"] == "node-1");
    CHECK(fixture.Body(1)["proof"]["certificate_sha256"] == old->fingerprint);
    CHECK(fixture.Body(1)["proof"]["signature"] ==
          enroll::ProveWithOldKey(*old, fixture.Body(1)["device_key_sha256"])->signature);
  }

  TEST_CASE("a server that does not take the proof leaves it to the operator") {
    Fixture fixture;
    enroll::PkiStore store(fixture.paths.pki);
    REQUIRE(store.Save(SampleCredentials(fixture.authority, {.not_after = kNow - 1000}), "enroll"));
    fixture.AnswerNoRefresh();
    fixture.AnswerPending();
    CHECK(fixture.Fails().code() == "claim_pending");
    CHECK(store.Load(kNow).credentials);
  }

  TEST_CASE("the old key proves nothing to another platform") {
    Fixture fixture;
    enroll::Credentials old = SampleCredentials(fixture.authority, {.not_after = kNow - 1000});
    old.platform = *ParseOrigin("https://old.test");
    REQUIRE(enroll::PkiStore(fixture.paths.pki).Save(old, "enroll"));
    fixture.AnswerNoRefresh();
    fixture.AnswerPending();
    CHECK(fixture.Fails().code() == "claim_pending");
    CHECK(fixture.Body(1)["instance_id"] == "node-1");
    CHECK_FALSE(fixture.Body(1).contains("proof"));
  }

  TEST_CASE("nothing is asked with the claim switched off, or without a platform or a CA") {
    Fixture fixture;
    fixture.AnswerPending();
    SUBCASE("off") { CHECK(fixture.Join(false).outcome.error().code() == "no_identity"); }
    SUBCASE("no platform") {
      fixture.Put("/etc/identity.cfg", "ID=node-1\n");
      CHECK(fixture.Fails().code() == "no_platform_url");
    }
    SUBCASE("no CA") {
      fixture.Put("/etc/powernode/platform-ca.pem", "");
      CHECK(fixture.Join().stage == "identity");
    }
    CHECK(fixture.platform.connections().empty());
  }

  TEST_CASE("a card added later changes nothing") {
    Fixture fixture;
    fixture.AnswerPending();
    CHECK(fixture.Fails().code() == "claim_pending");
    REQUIRE(Unlink(fixture.paths.network_devices + "/eth0"));
    fixture.AddCard("eth1", "52:54:00:12:34:56", "pci0000:00/0000:00:1f.0");
    fixture.AddCard("eth0", "52:54:00:00:00:01", "pci0000:00/0000:00:01.0");
    CHECK(fixture.Fails().code() == "claim_pending");
    CHECK(fixture.Body(0)["mac"] == fixture.Body(1)["mac"]);
  }

  TEST_CASE("without a network card it says so and asks nothing") {
    Fixture fixture;
    REQUIRE(Unlink(fixture.paths.network_devices + "/eth0"));
    const JoinAttempt attempt = fixture.Join();
    CHECK(attempt.stage == "claim");
    CHECK(attempt.outcome.error().code() == "no_network_card");
    CHECK(fixture.platform.connections().empty());
  }

  TEST_CASE("a platform that is away for a moment leaves the code standing") {
    Fixture fixture;
    fixture.AnswerPending();
    fixture.AnswerNothing();
    CHECK(fixture.Fails().code() == "claim_pending");
    const JoinAttempt attempt = fixture.Join();
    CHECK(attempt.outcome.error().code() == "connection_lost");
    CHECK(attempt.claim_code == "7KQ2MXRA");
  }
}

}  // namespace
}  // namespace powernode::runtime::join_claim_test
