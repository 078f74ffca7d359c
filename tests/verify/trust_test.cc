#include <doctest/doctest.h>
#include <sys/stat.h>

#include "agent/base/encoding.h"
#include "agent/base/files.h"
#include "tests/support/temporary_directory.h"
#include "tests/verify/signer.h"
#include "verify/trust_directory.h"
#include "verify/trust_store.h"

namespace powernode::verify::trust_test {
namespace {

// A key, and the SHA-256 of its SubjectPublicKeyInfo.
constexpr const char* kPem = R"(-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEISr5uI4HxWD1ywZLUlKGq+1IUXvn
vbUl68zqI4wRfLTsZwpJ1/cKT+9y9jLgJkFvfRKYkprehDOQtAZINBrXpQ==
-----END PUBLIC KEY-----
)";
constexpr const char* kSecp256k1Pem = R"(-----BEGIN PUBLIC KEY-----
MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAExTSEe86qbe7yxSAfBjDFQ3BeErQOm+bG
1pcdZHvbz8fhZ0DD51AhieIMcCxsv5C7V9srECC6Xs8QvxNqXsq5Rg==
-----END PUBLIC KEY-----
)";
constexpr const char* kId = "6b142a2fdc66afb0eb72ea56c338abaff31347aeb9765041b92a7b3372258c5f";

}  // namespace

TEST_CASE("a key is named by the SHA-256 of its SubjectPublicKeyInfo, and kept once") {
  TrustStore trust;
  REQUIRE(trust.Add(kPem, "a.pem").ok());
  REQUIRE(trust.keys().size() == 1);
  CHECK(trust.keys()[0].id == kId);
  CHECK(trust.keys()[0].origin == "a.pem");
  REQUIRE(trust.Add(kPem, "b.pem").ok());
  CHECK(trust.keys().size() == 1);
  CHECK(trust.Find(kId) != nullptr);
  CHECK(trust.Find("00") == nullptr);
}

TEST_CASE("a file may hold several keys and text between them") {
  testing::Signer one;
  testing::Signer two;
  TrustStore trust;
  REQUIRE(
      trust.Add("release key\n" + one.PublicPem() + "emergency key\n" + two.PublicPem(), "both.pem")
          .ok());
  CHECK(trust.keys().size() == 2);
}

TEST_CASE("refuses what is no key it can verify with, and says what it is") {
  testing::Signer good;
  const struct {
    std::string pem;
    const char* code;
    const char* words;
  } cases[] = {
      {"", "bad_trust_key", "no \"BEGIN PUBLIC KEY\" block"},
      {"not a key", "bad_trust_key", "no \"BEGIN PUBLIC KEY\" block"},
      {good.PrivatePem(), "bad_trust_key", "private key"},
      {"-----BEGIN PUBLIC KEY-----\nAAAA\n", "bad_trust_key", "no end"},
      {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "bad_trust_key", ""},
      {kSecp256k1Pem, "unsupported_trust_key", "curve"},
  };
  for (const auto& bad : cases) {
    CAPTURE(bad.pem);
    TrustStore trust;
    const Status added = trust.Add(bad.pem, "bad.pem");
    REQUIRE_FALSE(added.ok());
    CHECK(added.error().code() == bad.code);
    CHECK(added.error().message().find(bad.words) != std::string::npos);
    CHECK(added.error().message().find("bad.pem") != std::string::npos);
    CHECK(trust.empty());
  }
}

TEST_CASE("a file with one bad key adds none of its keys") {
  testing::Signer good;
  TrustStore trust;
  CHECK_FALSE(
      trust
          .Add(good.PublicPem() + "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
               "x")
          .ok());
  CHECK(trust.empty());
}

TEST_CASE(
    "trust directories: good keys are used, each bad file is reported by name, other files are "
    "passed over") {
  const testing::TemporaryDirectory directory;
  const std::string image = directory / "image";
  const std::string operator_directory = directory / "operator";
  REQUIRE(MakeDirectories(image, 0755).ok());
  REQUIRE(MakeDirectories(operator_directory, 0755).ok());
  testing::Signer one;
  testing::Signer two;
  REQUIRE(WriteFile(image + "/release.pem", one.PublicPem(), 0644).ok());
  REQUIRE(WriteFile(image + "/broken.pem", "broken", 0644).ok());
  REQUIRE(WriteFile(image + "/huge.pem", std::string(100'000, 'x'), 0644).ok());
  REQUIRE(WriteFile(image + "/README", "not a key", 0644).ok());
  REQUIRE(WriteFile(image + "/.hidden.pem", "not a key", 0644).ok());
  REQUIRE(::mkfifo((image + "/fifo.pem").c_str(), 0644) == 0);
  REQUIRE(WriteFile(operator_directory + "/mine.pem", two.PublicPem(), 0644).ok());

  const LoadedTrust loaded =
      LoadTrustDirectories({image, operator_directory, directory / "missing"});
  CHECK(loaded.store.keys().size() == 2);
  REQUIRE(loaded.problems.size() == 3);
  CHECK(loaded.problems[0].message().find("broken.pem") != std::string::npos);
  CHECK(loaded.problems[1].message().find("fifo.pem") != std::string::npos);
  CHECK(loaded.problems[2].message().find("huge.pem") != std::string::npos);
  CHECK(loaded.store.places().size() == 3);
}

}  // namespace powernode::verify::trust_test
