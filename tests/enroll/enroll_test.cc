#include "enroll/enroll.h"

#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "tests/enroll/authority.h"
#include "tests/enroll/scripted_platform.h"
#include "tests/support/temporary_directory.h"

namespace powernode::enroll::enroll_test {
namespace {

using namespace testing;
using powernode::testing::TemporaryDirectory;

constexpr std::int64_t kNow = 1'770'000'000;  // 2026-02-02
const std::string kToken = "Zm9yIHRlc3RzIG9ubHksIG5vdCBhIHNlY3JldCB0b2tlbg";

struct Fixture {
  TemporaryDirectory root;
  PkiStore store{(root / "pki").string()};
  Authority authority;
  ScriptedPlatform platform;
  StandingClock clock{kNow};
  identity::Identity identity = Identity();

  identity::Identity Identity() const {
    identity::Identity out;
    out.instance_uuid = "node-1";
    out.platform = *ParseOrigin("https://p.test:8443");
    out.ca_pem = authority.root_pem();
    out.bootstrap_token = Secret(kToken);
    out.instance_uuid_from.source = out.token_from.source = out.ca_from.source = "fw-cfg";
    return out;
  }

  EnrollAttempt Try() {
    return Enroll(identity, PersistKind::kDurable, store, platform.Transports(), clock, {});
  }
  Error Fails() {
    EnrollAttempt attempt = Try();
    REQUIRE_FALSE(attempt.outcome.ok());
    CHECK(attempt.outcome.error().message().find(kToken) == std::string::npos);
    CHECK(attempt.outcome.error().message().starts_with("enroll node-1 at https://p.test:8443: "));
    return attempt.outcome.error();
  }

  // The pending key is what the certificate has to be for.
  std::string Leaf(const LeafWish& wish = {}) {
    return authority.Issue(Secret(*ReadFile((root / "pki/pending/node.key").string(), 9999)), wish);
  }
  void AnswerWith(std::function<Json()> data) {
    platform.Answer([data](const HttpRequest&) -> Result<HttpResponse> {
      return HttpResponse{.status = 200,
                          .headers = {},
                          .body = DumpJson(Json{{"success", true}, {"data", data()}})};
    });
  }
  void AnswerGood(const LeafWish& wish = {}) {
    AnswerWith([this, wish] {
      return Json{{"cert_pem", Leaf(wish)},
                  {"ca_chain_pem", authority.root_pem()},
                  {"instance_id", "node-1"}};
    });
  }
};

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_SUITE("enroll") {
  TEST_CASE(
      "a token becomes a certificate, kept as one generation, and the pending request is gone") {
    Fixture fixture;
    fixture.AnswerGood();
    EnrollAttempt attempt = fixture.Try();
    REQUIRE(attempt.outcome.ok());
    CHECK_FALSE(attempt.outcome->not_saved.has_value());
    const Credentials& credentials = *attempt.outcome->credentials;
    CHECK(credentials.instance_id == "node-1");
    CHECK(credentials.generation == "gen-000001");
    CHECK(credentials.ca_pem == fixture.authority.root_pem());
    CHECK(fixture.store.Load(kNow).credentials->fingerprint == credentials.fingerprint);
    CHECK_FALSE(Exists((fixture.root / "pki/pending").string()));
  }

  TEST_CASE("the request carries what the contract asks for, without a client certificate") {
    Fixture fixture;
    fixture.AnswerGood();
    REQUIRE(fixture.Try().outcome.ok());
    const HttpRequest& request = fixture.platform.requests().at(0);
    CHECK(request.url == "https://p.test:8443/api/v1/system/node_api/enroll");
    CHECK(fixture.platform.connections().at(0).certificate_pem.empty());
    CHECK(request.headers.back().name == "Idempotency-Key");
  }

  TEST_CASE("a lost answer is asked for again with the same key and the same request id") {
    Fixture fixture;
    std::vector<Json> bodies;
    for (int i = 0; i < 2; ++i)
      fixture.platform.Answer([&bodies](const HttpRequest& request) -> Result<HttpResponse> {
        bodies.push_back(*ParseJson(request.body));
        return Error(ErrorKind::kUnavailable, "connection_lost", "connection reset");
      });
    fixture.AnswerGood();
    CHECK(fixture.Fails().code() == "connection_lost");
    CHECK(fixture.Fails().code() == "connection_lost");
    REQUIRE(fixture.Try().outcome.ok());
    CHECK(bodies.at(0) == bodies.at(1));
    CHECK(bodies[0]["bootstrap_token"] == kToken);
    CHECK(
        bodies[0]["csr_pem"].get<std::string>().starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
    CHECK(bodies[0]["persist"] == "durable");
    CHECK(bodies[0]["request_id"].get<std::string>().size() == 36);
  }

  TEST_CASE("a refused token says whose words, which token and what to do, and is not sent again") {
    Fixture fixture;
    fixture.platform.Answer(422, R"({"success":false,"error":"Bootstrap token )" + kToken +
                                     R"( is not valid","code":"VALIDATION_ERROR"})");
    fixture.platform.Answer(422, R"({"success":false,"error":"Instance not found"})");
    const Error error = fixture.Fails();
    CHECK(error.code() == "token_refused");
    CHECK(error.kind() == ErrorKind::kDenied);
    CHECK(Contains(error.message(), "Bootstrap token *** is not valid"));
    CHECK(Contains(error.message(), "from fw-cfg"));
    CHECK(Contains(error.message(), "make a new one"));
    CHECK(fixture.Fails().code() == "token_refused");
    CHECK(fixture.platform.requests().size() == 1);
    fixture.identity.bootstrap_token = Secret(kToken + "-2");
    CHECK(fixture.Fails().code() == "token_refused");
    CHECK(fixture.platform.requests().size() == 2);
  }

  TEST_CASE("a CA this agent cannot use is told from a bad token, and leaves the token alive") {
    Fixture fixture;
    fixture.platform.Answer(422,
                            R"({"success":false,"error":"no","code":"CA_ALGORITHM_UNSUPPORTED"})");
    CHECK(fixture.Fails().code() == "ca_algorithm_unsupported");
    fixture.AnswerGood();
    CHECK(fixture.Fails().code() == "ca_algorithm_unsupported");
    CHECK(fixture.Try().outcome.ok());
  }

  TEST_CASE("an Ed25519 CA stops enrolment before the token leaves the node") {
    Fixture fixture;
    fixture.identity.ca_pem = fixture.authority.root_pem() + kEd25519Root;
    const Error error = fixture.Fails();
    CHECK(error.code() == "ca_algorithm_unsupported");
    CHECK(Contains(error.message(), "Fleet Root Ed25519"));
    CHECK(fixture.platform.requests().empty());
    CHECK(fixture.platform.connections().empty());
  }

  TEST_CASE("a CA that is none stops enrolment before the token leaves the node") {
    Fixture fixture;
    fixture.identity.ca_pem = "garbage";
    CHECK(fixture.Fails().code() == "no_trust_anchor");
    CHECK(fixture.platform.connections().empty());
  }

  TEST_CASE("503 with Retry-After hands the wish on, and 400 and 401 are no matter of patience") {
    Fixture fixture;
    fixture.platform.Answer(503, "", {{"retry-after", "77"}});
    fixture.platform.Answer(401, R"({"success":false,"error":"Bootstrap token required"})");
    fixture.platform.Answer(400, "");
    const EnrollAttempt busy = fixture.Try();
    CHECK(busy.retry_after == std::chrono::seconds(77));
    CHECK(busy.outcome.error().code() == "platform_error");
    CHECK(fixture.Fails().code() == "enroll_rejected");
    CHECK(fixture.Fails().code() == "enroll_rejected");
  }

  TEST_CASE("a certificate that fails a check is not kept, and the old generation stays") {
    Fixture fixture;
    fixture.AnswerGood();
    REQUIRE(fixture.Try().outcome.ok());
    const std::string old = fixture.store.Load(kNow).credentials->fingerprint;
    SUBCASE("another key") {
      fixture.AnswerWith([&] {
        return Json{{"cert_pem", kLeafByEd25519}, {"ca_chain_pem", fixture.authority.root_pem()}};
      });
    }
    SUBCASE("another name") { fixture.AnswerGood({.common_name = "node-2"}); }
    SUBCASE("expired") { fixture.AnswerGood({.not_after = kNow - 1}); }
    SUBCASE("no client authentication") { fixture.AnswerGood({.client_auth = false}); }
    SUBCASE("no chain") {
      fixture.AnswerWith([&] { return Json{{"cert_pem", fixture.Leaf()}, {"ca_chain_pem", ""}}; });
    }
    SUBCASE("foreign chain") {
      fixture.AnswerWith([&] {
        return Json{{"cert_pem", fixture.Leaf()}, {"ca_chain_pem", Authority("Other").root_pem()}};
      });
    }
    SUBCASE("nothing") {
      fixture.AnswerWith([] { return Json::object(); });
    }
    (void)fixture.Try();  // takes the good answer once more
    const std::string before = fixture.store.Load(kNow).credentials->fingerprint;
    const EnrollAttempt attempt = fixture.Try();
    REQUIRE_FALSE(attempt.outcome.ok());
    const bool named = attempt.outcome.error().code() == "bad_certificate" ||
                       attempt.outcome.error().code() == "ca_algorithm_unsupported";
    CHECK(named);
    CHECK(fixture.store.Load(kNow).credentials->fingerprint == before);
  }

  TEST_CASE("a clock at 1970 is named together with the certificate's time") {
    Fixture fixture;
    StandingClock epoch(7);
    fixture.AnswerGood();
    const EnrollAttempt attempt = Enroll(fixture.identity, PersistKind::kDurable, fixture.store,
                                         fixture.platform.Transports(), epoch, {});
    REQUIRE_FALSE(attempt.outcome.ok());
    CHECK(Contains(
        attempt.outcome.error().message(),
        "valid only from 2026-01-01T00:00:00Z, and this node's clock says 1970-01-01T00:00:12Z"));
  }

  TEST_CASE("a certificate for another instance is a mismatch, not an identity") {
    Fixture fixture;
    fixture.AnswerWith([&] {
      return Json{{"cert_pem", fixture.Leaf({.common_name = "node-2"})},
                  {"ca_chain_pem", fixture.authority.root_pem()},
                  {"instance_id", "node-2"}};
    });
    const Error error = fixture.Fails();
    CHECK(error.code() == "enroll_mismatch");
    CHECK(Contains(error.message(), "the token belongs to another node"));
  }

  TEST_CASE("a disk that cannot keep the key stops enrolment before the token is spent") {
    Fixture fixture;
    REQUIRE(WriteFile((fixture.root / "file").string(), "", 0600));
    PkiStore nowhere((fixture.root / "file/pki").string());
    const EnrollAttempt attempt = Enroll(fixture.identity, PersistKind::kDurable, nowhere,
                                         fixture.platform.Transports(), fixture.clock, {});
    REQUIRE_FALSE(attempt.outcome.ok());
    CHECK(Contains(attempt.outcome.error().message(), "save the key before it is used"));
    CHECK(fixture.platform.requests().empty());
  }

  TEST_CASE("a certificate that cannot be saved is used from memory and reported") {
    Fixture fixture;
    fixture.AnswerWith([&] {
      const Json data{{"cert_pem", fixture.Leaf()}, {"ca_chain_pem", fixture.authority.root_pem()}};
      REQUIRE(RemoveTree(
          (fixture.root / "pki").string()));  // the disk goes away between request and answer
      REQUIRE(WriteFile((fixture.root / "pki").string(), "", 0600));
      return data;
    });
    const EnrollAttempt attempt = fixture.Try();
    REQUIRE(attempt.outcome.ok());
    REQUIRE(attempt.outcome->not_saved.has_value());
    CHECK(attempt.outcome->not_saved->code() == "pki_not_durable");
    CHECK(attempt.outcome->credentials->generation.empty());
    REQUIRE(RemoveTree((fixture.root / "pki").string()));
    CHECK(fixture.store.Save(*attempt.outcome->credentials, "enroll").ok());
  }

  TEST_CASE("no token is an error before anything else") {
    Fixture fixture;
    fixture.identity.bootstrap_token.reset();
    CHECK(fixture.Fails().code() == "no_token");
  }
}

}  // namespace
}  // namespace powernode::enroll::enroll_test
