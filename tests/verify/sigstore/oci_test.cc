// Signature objects of OCI registries: the vectors, and what they leave out.
#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "tests/verify/sigstore/vector_case.h"
#include "tests/verify/vectors.h"
#include "verify/sigstore/oci_tag.h"
#include "verify/sigstore/oci_verifier.h"
#include "verify/sigstore/simple_signing.h"

namespace powernode::verify::sigstore::oci_test {
namespace {

struct OciCase {
  testing::VectorCase common;
  std::string manifest;
  OciBlobs blobs;

  Report Run() const { return Run(*common.requirements); }
  Report Run(const Requirements& requirements) const {
    const Artifact image = common.Artifact();
    return common.kind == "oci-sig" ? VerifyOciSignature(image, manifest, blobs, requirements)
                                    : VerifyOciReferrer(image, manifest, blobs, requirements);
  }
};

// Blobs are files named sha256-HEX; which ones there are, the manifest says.
OciCase ReadOciCase(const Json& json) {
  const Json& material = json["material"];
  OciCase each{.common = testing::ReadVectorCase(json),
               .manifest = testing::ReadVector(material["manifest"].get<std::string>())};
  const Json manifest = Json::parse(each.manifest);
  for (const Json& layer : manifest["layers"]) {
    const std::string digest = layer["digest"];
    each.blobs[digest] = testing::ReadVector(material["blobs"].get<std::string>() + "/sha256-" +
                                             digest.substr(digest.find(':') + 1));
  }
  return each;
}

std::vector<OciCase> OciCases() {
  std::vector<OciCase> cases;
  for (const Json& json : testing::ReadVectorIndex())
    if (json["material"].contains("manifest")) cases.push_back(ReadOciCase(json));
  return cases;
}

OciCase OciCaseOf(std::string_view id) {
  for (OciCase& each : OciCases())
    if (each.common.id == id) return std::move(each);
  FAIL("no such case");
  return {};
}

void Replace(std::string& text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("every OCI vector has its verdict and its stage") {
  const std::vector<OciCase> cases = OciCases();
  CHECK(cases.size() == 20);
  for (const OciCase& each : cases) {
    CAPTURE(each.common.id);
    REQUIRE(each.common.requirements.ok());
    const Report report = each.Run();
    CAPTURE(report.message);
    CHECK((report.verdict == Verdict::kOk) == each.common.expect_ok);
    CHECK(report.stage == each.common.stage);
  }
}

TEST_CASE("no OCI signature is good for another image") {
  for (OciCase& each : OciCases()) {
    CAPTURE(each.common.id);
    each.common.bytes->push_back('\n');
    CHECK(each.Run().verdict == Verdict::kWrong);
  }
}

TEST_CASE("a missing or exchanged blob is refused") {
  for (OciCase& each : OciCases()) {
    if (!each.common.expect_ok) continue;
    CAPTURE(each.common.id);
    OciCase changed = each;
    for (auto& [digest, blob] : changed.blobs) blob.back() = static_cast<char>(blob.back() ^ 1);
    CHECK(changed.Run().stage == "oci");
    changed = each;
    for (auto& [digest, blob] : changed.blobs) blob += '\n';
    CHECK(changed.Run().stage == "oci");
    changed.blobs.clear();
    CHECK(changed.Run().stage == "oci");
  }
}

TEST_CASE("what is not the manifest that it should be is refused") {
  struct Row {
    const char* id;
    const char* what;
    const char* by;
    const char* stage;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"oci-sig-c250", "\"schemaVersion\":2", "\"schemaVersion\":1", "oci"},
           {"oci-sig-c250", "image.manifest.v1", "image.manifest.v2", "oci"},
           {"oci-sig-c250", "simplesigning.v1", "simplesigning.v2", "oci"},
           {"oci-sig-c250", "\"layers\":[{", "\"layers\":[7,{", "oci"},
           {"oci-sig-c250", "\"layers\":[{", "\"layers\":[],\"x\":[{", "oci"},
           {"oci-sig-c250", "\"layers\":[{", "\"layers\":[],\"layers\":[{", "parse"},
           {"oci-sig-c250", "\"size\":248", "\"size\":-248", "oci"},
           {"oci-sig-c250", "\"annotations\":{", "\"annotations\":{\"a\":1,", "oci"},
           {"oci-sig-c250", "cosign/signature\":\"M", "cosign/signature\":\" M", "parse"},
           {"oci-keyless-ok", "BEGIN CERTIFICATE", "BEGIN PUBLIC KEY", "parse"},
           {"oci-keyless-ok", "cosign/certificate", "cosign/certificat", "parse"},
           {"oci-keyless-ok", "cosign/bundle", "cosign/bundel", "parse"},
           {"oci-ref-c311", "},\"artifactType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\"",
            "}", "oci"},
           {"oci-ref-c311", "\"subject\":{", "\"subjekt\":{", "oci"},
           {"oci-ref-c311", "\"digest\":\"sha256:5871", "\"digest\":\"sha256:5872", "oci"},
           {"oci-ref-c311", "\"layers\":[{", "\"layers\":[{\"x\":1,", ""},
       }) {
    CAPTURE(std::string(row.what));
    OciCase each = OciCaseOf(row.id);
    Replace(each.manifest, row.what, row.by);
    const Report report = each.Run();
    CAPTURE(report.message);
    CHECK(report.stage == row.stage);
    CHECK((report.verdict == Verdict::kOk) == std::string_view(row.stage).empty());
  }
}

TEST_CASE("sixty-four layers are read, and no more") {
  OciCase each = OciCaseOf("oci-sig-c250");
  Json manifest = Json::parse(each.manifest);
  const Json layer = manifest["layers"][0];
  manifest["layers"] = Json::array();
  for (int i = 0; i < 63; ++i)
    manifest["layers"].push_back({{"mediaType", "x"}, {"digest", "x"}, {"size", 0}});
  manifest["layers"].push_back(layer);
  each.manifest = DumpJson(manifest);
  CHECK(each.Run().verdict == Verdict::kOk);
  manifest["layers"].push_back(layer);
  each.manifest = DumpJson(manifest);
  CHECK(each.Run().stage == "parse");
}

TEST_CASE("a keyless signature in annotations needs the policy's word") {
  const OciCase each = OciCaseOf("oci-keyless-ok");
  Requirements requirements = *each.common.requirements;
  requirements.allow_legacy = false;
  CHECK(each.Run(requirements).stage == "policy");
}

TEST_CASE("a policy that asks a bundle for annotations could not be honoured") {
  const OciCase each = OciCaseOf("oci-ref-c311");
  Requirements requirements = *each.common.requirements;
  requirements.annotations["stage"] = "release";
  const Report report = each.Run(requirements);
  CHECK(report.verdict == Verdict::kCouldNotCheck);
  CHECK(report.stage == "policy");
}

TEST_CASE("an image known by another digest alone could not be checked") {
  OciCase each = OciCaseOf("oci-sig-c250");
  const std::string bytes = *each.common.bytes;
  each.common.bytes.reset();
  using x509::HashAlgorithm;
  each.common.digests = {{HashAlgorithm::kSha512, x509::Digest(HashAlgorithm::kSha512, bytes)}};
  CHECK(each.Run().verdict == Verdict::kCouldNotCheck);
  each.common.digests = {{HashAlgorithm::kSha256, x509::Digest(HashAlgorithm::kSha256, bytes)}};
  CHECK(each.Run().verdict == Verdict::kOk);
}

TEST_CASE("names the tags that belong to an image") {
  const std::string digest(32, '\xab');
  const std::string hex = HexEncode(digest);
  CHECK(OciDigestName(digest) == "sha256:" + hex);
  CHECK(OciTagName(digest, OciTag::kSignature) == "sha256-" + hex + ".sig");
  CHECK(OciTagName(digest, OciTag::kAttestation) == "sha256-" + hex + ".att");
  CHECK(OciTagName(digest, OciTag::kSbom) == "sha256-" + hex + ".sbom");
  CHECK(OciTagName(digest, OciTag::kReferrers) == "sha256-" + hex);
}

TEST_CASE("reads what a signed payload says, and refuses what is no such payload") {
  const std::string image = R"("image":{"docker-manifest-digest":"sha256:)" + std::string(64, 'a') +
                            R"("},"type":"cosign container image signature"})";
  const auto signing = ParseSimpleSigning(R"({"critical":{"identity":{"docker-reference":"r"},)" +
                                          image + R"(,"optional":{"a":"b","n":1}})");
  REQUIRE(signing.ok());
  CHECK(signing->docker_reference == "r");
  CHECK(signing->annotations == std::map<std::string, std::string>{{"a", "b"}});
  CHECK(ParseSimpleSigning(R"({"critical":{)" + image + R"(,"optional":null})").ok());
  CHECK(ParseSimpleSigning(R"({"critical":{)" + image + "}").ok());

  struct Row {
    std::string text;
    const char* stage;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"", "parse"},
           {"[]", "parse"},
           {R"({"critical":{},"critical":{)" + image + "}", "parse"},
           {R"({"critical":{)" + image + "}x", "parse"},
           {"{}", "payload"},
           {R"({"critical":7})", "payload"},
           {R"({"critical":{"type":"cosign container image signature"}})", "payload"},
           {R"({"critical":{)" + image + R"(,"optional":[]})", "payload"},
       }) {
    CAPTURE(row.text);
    const auto refused = ParseSimpleSigning(row.text);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code() == row.stage);
  }
  std::string upper = R"({"critical":{)" + image + "}";
  Replace(upper, "aaaa", "AAAA");
  CHECK_FALSE(ParseSimpleSigning(upper).ok());
}

}  // namespace powernode::verify::sigstore::oci_test
