#include "enroll/claim.h"

#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "agent/base/json.h"
#include "agent/base/sha256.h"
#include "enroll/key.h"
#include "enroll/mbedtls_objects.h"
#include "tests/enroll/authority.h"
#include "tests/enroll/sample_credentials.h"
#include "tests/enroll/scripted_platform.h"

namespace powernode::enroll::claim_test {
namespace {

using namespace testing;
using std::chrono::seconds;

const char* const kSampleKey = R"(-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIMH40LVHqWQzAJJ+Jp6XZ+CkiRrSt85FClSS7LhVT7/LoAoGCCqGSM49
AwEHoUQDQgAEwWllI3ikC/XC/A36jSHozyQFuJWlLfYd8sNwIKcHVPQOWhvgSvBm
X9n8D3OtbL38zRWjhMZVxE/idPpGqa0hww==
-----END EC PRIVATE KEY-----)";
const std::string kToken = "Y2xhaW0gdG9rZW4gZm9yIHRlc3RzIG9ubHk";

HttpResponse Good(const Json& data, int status = 200) {
  return {
      .status = status, .headers = {}, .body = DumpJson(Json{{"success", true}, {"data", data}})};
}

ClaimAnswer Parsed(const Json& data) {
  Result<ClaimAnswer> answer = ParseClaimAnswer(Good(data));
  REQUIRE(answer.ok());
  return *std::move(answer);
}

struct Fixture {
  Authority authority;
  ScriptedPlatform platform;
  ClaimRequest request{.platform = *ParseOrigin("https://p.test:8443"),
                       .ca_pem = authority.root_pem(),
                       .device_key_sha256 = std::string(64, 'a'),
                       .mac = "52:54:00:12:34:56"};

  ClaimAttempt Poll() { return PollClaim(request, platform.Transports(), {}); }
  Error Fails() {
    ClaimAttempt attempt = Poll();
    REQUIRE_FALSE(attempt.outcome.ok());
    CHECK(attempt.outcome.error().message().starts_with("claim at https://p.test:8443: "));
    return attempt.outcome.error();
  }
};

TEST_SUITE("claim answer") {
  TEST_CASE("pending carries a code and a wait, claimed a token and an id") {
    const ClaimAnswer pending =
        Parsed({{"status", "pending"}, {"poll_after_seconds", 45}, {"claim_code", "7KQ2MXRA"}});
    CHECK_FALSE(pending.claimed);
    CHECK(pending.code == "7KQ2MXRA");
    CHECK(pending.poll_after == seconds(45));
    const ClaimAnswer claimed = Parsed(
        {{"status", "claimed"}, {"bootstrap_token", kToken}, {"instance_uuid", "0192F0C2-7d1e"}});
    REQUIRE(claimed.claimed);
    CHECK(claimed.claimed->token.Reveal() == kToken);
    CHECK(claimed.claimed->instance_uuid == "0192f0c2-7d1e");
  }

  TEST_CASE("the wait is clamped to 5 s and 300 s, and 30 s when there is none") {
    for (const auto& [said, taken] :
         {std::pair(Json(1), 5), std::pair(Json(-7), 5), std::pair(Json(86400), 300),
          std::pair(Json("60"), 60), std::pair(Json("soon"), 30), std::pair(Json(nullptr), 30)})
      CHECK(Parsed({{"poll_after_seconds", said}}).poll_after == seconds(taken));
  }

  TEST_CASE("every status but claimed with both parts goes on polling") {
    for (const char* status : {"expired", "error", "", "new word", "claimed"})
      CHECK_FALSE(Parsed({{"status", status}, {"message", "no"}}).claimed);
    CHECK_FALSE(Parsed(Json::object()).claimed);
    CHECK_FALSE(Parsed({{"status", "claimed"}, {"instance_uuid", "n1"}}).claimed);
    CHECK_FALSE(Parsed({{"status", "claimed"}, {"bootstrap_token", kToken}}).claimed);
    CHECK_FALSE(
        Parsed({{"status", "claimed"}, {"bootstrap_token", kToken}, {"instance_uuid", "../x"}})
            .claimed);
    CHECK_FALSE(
        Parsed({{"status", "pending"}, {"bootstrap_token", kToken}, {"instance_uuid", "n1"}})
            .claimed);
  }

  TEST_CASE("a code that is none is not shown") {
    for (const char* code : {"", "7KQ2MXR", "7KQ2MXRAA", "7kq2mxra", "7KQ2MXR0", "\x1b[2J1234"})
      CHECK(Parsed({{"claim_code", code}}).code.empty());
  }

  TEST_CASE("what the platform says is made printable") {
    const ClaimAnswer answer = Parsed({{"status", "error\x1b[2J"}, {"message", "no\nmore"}});
    CHECK(answer.said == "error?[2J: no?more");
  }
}

TEST_SUITE("claim poll") {
  TEST_CASE("says what the device is, without any credential") {
    Fixture fixture;
    fixture.request.instance_id = "node-1";
    fixture.request.hostname = "box";
    fixture.platform.Answer(200, R"({"success":true,"data":{"status":"pending"}})");
    REQUIRE(fixture.Poll().outcome.ok());
    const HttpRequest& request = fixture.platform.requests().at(0);
    CHECK(request.method == "POST");
    CHECK(request.url == "https://p.test:8443/api/v1/system/node_api/claim");
    for (const HttpHeader& header : request.headers) {
      CHECK(header.name != "Authorization");
      CHECK(header.name != "Idempotency-Key");
    }
    const Json body = *ParseJson(request.body);
    CHECK(body["mac"] == "52:54:00:12:34:56");
    CHECK(body["device_key_sha256"] == std::string(64, 'a'));
    CHECK(body["instance_id"] == "node-1");
    CHECK(body["hostname"] == "box");
    CHECK(body["agent_version"].get<std::string>().size() > 0);
    CHECK_FALSE(body.contains("dmi_uuid"));
    CHECK_FALSE(body.contains("proof"));
    const TlsIdentity& tls = fixture.platform.connections().at(0);
    CHECK(tls.ca_pem == fixture.authority.root_pem());
    CHECK(tls.certificate_pem.empty());
    CHECK(tls.key_pem.empty());
  }

  TEST_CASE("a confirmation as another instance than the node's own sources say is a mismatch") {
    Fixture fixture;
    fixture.request.instance_id = "node-1";
    fixture.platform.Answer(
        200, R"({"success":true,"data":{"status":"claimed","bootstrap_token":")" + kToken +
                 R"(","instance_uuid":"node-2"}})");
    const Error error = fixture.Fails();
    CHECK(error.code() == "claim_mismatch");
    CHECK(error.message().find("node-2") != std::string::npos);
    CHECK(error.message().find(kToken) == std::string::npos);
  }

  TEST_CASE("without a CA that can be used nothing is asked") {
    Fixture fixture;
    fixture.request.ca_pem = "garbage";
    CHECK(fixture.Fails().code() == "no_trust_anchor");
    fixture.request.ca_pem = fixture.authority.root_pem() + kEd25519Root;
    CHECK(fixture.Fails().code() == "ca_algorithm_unsupported");
    CHECK(fixture.platform.connections().empty());
  }

  TEST_CASE("429 hands its wait on, from the header or from the body") {
    Fixture fixture;
    fixture.platform.Answer(429, "", {{"retry-after", "41"}});
    fixture.platform.Answer(429, R"({"success":false,"error":"slow","retry_after":42})");
    CHECK(fixture.Poll().retry_after == seconds(41));
    const ClaimAttempt second = fixture.Poll();
    CHECK(second.retry_after == seconds(42));
    CHECK(second.outcome.error().code() == "rate_limited");
  }
}

TEST_SUITE("claim pace") {
  ClaimAttempt Failed(std::string_view code, std::optional<seconds> wish = {}) {
    return {.outcome = Error(ErrorKind::kUnavailable, code, "x"), .retry_after = wish};
  }

  TEST_CASE("asks again when the platform said, give or take a tenth") {
    ClaimPace pace;
    for (int i = 0; i < 50; ++i) {
      const auto wait =
          pace.Next({.outcome = Parsed({{"poll_after_seconds", 60}}), .retry_after = {}});
      CHECK(wait >= seconds(54));
      CHECK(wait <= seconds(66));
    }
  }

  TEST_CASE("a wish comes first, a rejected request waits 5 min, trouble at most 5 min") {
    ClaimPace pace;
    CHECK(pace.Next(Failed("rate_limited", seconds(77))) == seconds(77));
    CHECK(pace.Next(Failed("bad_request")) >= seconds(270));
    CHECK(pace.Next(Failed("claim_mismatch")) >= seconds(270));
    CHECK(pace.Next(Failed("connect_failed")) <= seconds(1));
    for (int i = 0; i < 50; ++i) CHECK(pace.Next(Failed("connect_failed")) <= seconds(300));
  }
}

TEST_SUITE("claim proof") {
  TEST_CASE("the old key signs which key takes its place") {
    const Authority authority;
    const Credentials old = SampleCredentials(authority);
    const std::string fresh = *PublicKeySha256(*GenerateKey());
    const Result<ClaimProof> proof = ProveWithOldKey(old, fresh);
    REQUIRE(proof.ok());
    CHECK(proof->certificate_sha256 == old.fingerprint);
    const Sha256Bytes hash = Sha256Of("powernode-claim-proof-v1\n" + old.instance_id + "\n" +
                                      fresh + "\n" + old.fingerprint + "\n");
    const std::string signature = *Base64Decode(proof->signature);
    MbedKey key;
    REQUIRE(ParsePrivateKey(key, old.key_pem) == 0);
    CHECK(mbedtls_pk_verify(&key.value, MBEDTLS_MD_SHA256, hash.data(), hash.size(),
                            reinterpret_cast<const unsigned char*>(signature.data()),
                            signature.size()) == 0);
  }

  TEST_CASE("it is sent with the request") {
    Fixture fixture;
    fixture.request.proof = ClaimProof{.certificate_sha256 = "ab", .signature = "cd"};
    fixture.platform.Answer(200, R"({"success":true,"data":{}})");
    REQUIRE(fixture.Poll().outcome.ok());
    const Json body = *ParseJson(fixture.platform.requests().at(0).body);
    CHECK(body["proof"] == Json{{"certificate_sha256", "ab"}, {"signature", "cd"}});
  }

  TEST_CASE("the name of a key is the hash that other tools compute") {
    // openssl ec -in key.pem -pubout -outform DER | sha256sum
    const Secret key{std::string(kSampleKey)};
    CHECK(*PublicKeySha256(key) ==
          "4dc897f7248c6dbe98b1687ceec6c08ad3987fde40acb8ea9d33de6e9b244df6");
  }
}

}  // namespace
}  // namespace powernode::enroll::claim_test
