#include "verify/sigstore/statement.h"

#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "tests/verify/vectors.h"
#include "verify/sigstore/dsse.h"

namespace powernode::verify::sigstore::statement_test {
namespace {

constexpr std::string_view kArtifact = "the artifact";

std::string Hex(x509::HashAlgorithm hash) { return HexEncode(x509::Digest(hash, kArtifact)); }

std::string Payload(const std::string& subjects,
                    const std::string& type = "https://in-toto.io/Statement/v1") {
  return R"({"_type":")" + type + R"(","predicateType":"p","predicate":{"x":1},"subject":)" +
         subjects + "}";
}

std::string SubjectWith(const std::string& algorithm, const std::string& digest) {
  return R"({"digest":{")" + algorithm + R"(":")" + digest + R"("}})";
}

std::string StageOf(const std::string& payload) {
  const Result<Statement> statement = ParseStatement(payload);
  if (!statement) return statement.error().code();
  const Status about = CheckSubject(*statement, Artifact(kArtifact));
  return about ? "ok" : about.error().code();
}

}  // namespace

TEST_CASE("the pre-authentication encoding is the protocol's") {
  const Json primitives = testing::ReadJsonVector("primitives.json");
  for (const Json& known : primitives["pae"]) {
    CHECK(PreAuthenticationEncoding(known["payload_type"].get<std::string>(),
                                    testing::FromBase64(known["payload_base64"])) ==
          testing::FromBase64(known["pae_base64"]));
  }
}

TEST_CASE("a statement is about an artifact by a digest under its own name") {
  const std::string sha256 = Hex(x509::HashAlgorithm::kSha256);
  const std::string sha512 = Hex(x509::HashAlgorithm::kSha512);
  std::string upper = sha256;
  for (char& c : upper)
    if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');

  CHECK(StageOf(Payload("[" + SubjectWith("sha256", sha256) + "]")) == "ok");
  CHECK(StageOf(Payload("[" + SubjectWith("sha512", sha512) + "]")) == "ok");
  CHECK(StageOf(Payload("[" + SubjectWith("gitCommit", "no hex") + "," +
                        SubjectWith("sha256", sha256) + "]")) == "ok");
  CHECK(StageOf(Payload("[" + SubjectWith("sha256", sha256) + "]",
                        "https://in-toto.io/Statement/v0.1")) == "ok");

  CHECK(StageOf(Payload("[" + SubjectWith("sha512", sha256) + "]")) == "subject");
  CHECK(StageOf(Payload("[" + SubjectWith("SHA256", sha256) + "]")) == "subject");
  CHECK(StageOf(Payload("[" + SubjectWith("sha1", sha256) + "]")) == "subject");
  CHECK(StageOf(Payload("[" + SubjectWith("sha256", upper) + "]")) == "subject");
  CHECK(StageOf(Payload("[" + SubjectWith("sha256", "") + "]")) == "subject");
  CHECK(StageOf(Payload("[" + SubjectWith("sha256", sha256.substr(0, 62)) + "]")) == "subject");
}

TEST_CASE("a statement that says nothing is refused") {
  const std::string good = SubjectWith("sha256", Hex(x509::HashAlgorithm::kSha256));
  std::string many = good;
  for (int i = 1; i < 1024; ++i) many += "," + good;
  std::string digests = R"({"digest":{"sha256":")" + Hex(x509::HashAlgorithm::kSha256) + "\"";
  for (int i = 1; i < 32; ++i) digests += ",\"x" + std::to_string(i) + "\":\"0\"";

  CHECK(StageOf(Payload("[" + many + "]")) == "ok");
  CHECK(StageOf(Payload("[" + many + "," + good + "]")) == "subject");
  CHECK(StageOf(Payload("[" + digests + "}}]")) == "ok");
  CHECK(StageOf(Payload("[" + digests + ",\"x32\":\"0\"}}]")) == "subject");
  for (const char* subjects :
       {"[]", "null", "{}", "[{}]", "[null]", R"([{"digest":{}}])", R"([{"digest":null}])",
        R"([{"digest":{"sha256":1}}])", R"([{"name":1,"digest":{}}])"})
    CHECK(StageOf(Payload(subjects)) == "subject");
  CHECK(StageOf(Payload("[" + good + "]", "https://in-toto.io/Statement/v2")) == "statement");
  CHECK(StageOf(Payload("[" + good + "]", "")) == "statement");
  CHECK(StageOf("[" + good + "]") == "statement");
  CHECK(StageOf("") == "statement");
  CHECK(StageOf(R"({"_type":1})") == "statement");
  CHECK(StageOf(Payload("[" + good + "]") + "{}") == "statement");
}

TEST_CASE("an artifact that is not known is no subject") {
  const Result<Statement> statement =
      ParseStatement(Payload("[" + SubjectWith("sha256", Hex(x509::HashAlgorithm::kSha256)) + "]"));
  REQUIRE(statement.ok());
  CHECK_FALSE(CheckSubject(*statement, Artifact()).ok());
  Artifact other;
  other.SetDigest(x509::HashAlgorithm::kSha512,
                  x509::Digest(x509::HashAlgorithm::kSha512, kArtifact));
  CHECK_FALSE(CheckSubject(*statement, other).ok());
  other.SetDigest(x509::HashAlgorithm::kSha256,
                  x509::Digest(x509::HashAlgorithm::kSha256, kArtifact));
  CHECK(CheckSubject(*statement, other).ok());
}

}  // namespace powernode::verify::sigstore::statement_test
