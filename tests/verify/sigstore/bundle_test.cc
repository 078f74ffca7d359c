// The structure of bundles: each rule of signatures.md, section 4, against a good bundle of the
// vectors that breaks it.
#include "verify/sigstore/bundle.h"

#include <doctest/doctest.h>

#include <functional>

#include "agent/base/encoding.h"
#include "tests/verify/sigstore/log_lab.h"
#include "tests/verify/vectors.h"
#include "verify/sigstore/policy_key.h"
#include "verify/sigstore/verifier.h"

namespace powernode::verify::sigstore::bundle_test {
namespace {

using Alter = std::function<void(Json&)>;

Result<Bundle> Parsed(const char* path, const Alter& alter) {
  Json bundle = testing::ReadJsonVector(path);
  alter(bundle);
  return ParseBundle(DumpJson(bundle));
}

Result<Bundle> V03(const Alter& alter) { return Parsed("lab/ok-set-and-tsa.sigstore.json", alter); }

bool IsParse(const Result<Bundle>& bundle) {
  return !bundle && bundle.error().code() == "parse" &&
         bundle.error().kind() == ErrorKind::kRefuted;
}

Json& Material(Json& bundle) { return bundle["verificationMaterial"]; }
Json& Entry(Json& bundle) { return Material(bundle)["tlogEntries"][0]; }

}  // namespace

TEST_CASE("reads bundles of each version") {
  for (const char* type : {"application/vnd.dev.sigstore.bundle+json;version=0.3",
                           "application/vnd.dev.sigstore.bundle.v0.3+json"})
    CHECK(V03([&](Json& bundle) { bundle["mediaType"] = type; }).ok());
  // A certificate of its own belongs to 0.3.
  for (const char* type : {"", "application/json", "Application/vnd.dev.sigstore.bundle.v0.3+json",
                           "application/vnd.dev.sigstore.bundle+json;version=0.1",
                           "application/vnd.dev.sigstore.bundle+json;version=0.2"})
    CHECK(IsParse(V03([&](Json& bundle) { bundle["mediaType"] = type; })));
  for (const char* type : {"application/vnd.dev.sigstore.bundle+json;version=0.4",
                           "application/vnd.dev.sigstore.bundle.v0.4+json",
                           "application/vnd.dev.sigstore.bundle.v0.2+json",
                           "application/vnd.dev.sigstore.bundle+json; version=0.3"}) {
    const Result<Bundle> bundle = V03([&](Json& json) { json["mediaType"] = type; });
    REQUIRE_FALSE(bundle.ok());
    CHECK(bundle.error().code() == "parse");
    CHECK(bundle.error().kind() == ErrorKind::kCannotTell);
  }
}

TEST_CASE("what may be left out or null is") {
  for (const Alter& alter : std::vector<Alter>{
           [](Json&) {},
           [](Json& bundle) { Material(bundle).erase("tlogEntries"); },
           [](Json& bundle) { Material(bundle)["tlogEntries"] = nullptr; },
           [](Json& bundle) { Material(bundle)["publicKey"] = nullptr; },
           [](Json& bundle) { Material(bundle)["timestampVerificationData"] = nullptr; },
           [](Json& bundle) { Material(bundle)["timestampVerificationData"] = Json::object(); },
           [](Json& bundle) { bundle["dsseEnvelope"] = nullptr; },
           [](Json& bundle) { Entry(bundle)["inclusionPromise"] = nullptr; },
           [](Json& bundle) { Entry(bundle).erase("integratedTime"); },
           [](Json& bundle) { Entry(bundle)["inclusionProof"].erase("hashes"); },
           [](Json& bundle) { Entry(bundle)["inclusionProof"].erase("logIndex"); },
           [](Json& bundle) { Entry(bundle)["logIndex"] = 5; },
           [](Json& bundle) { Entry(bundle)["more"] = "is ignored here"; },
       })
    CHECK(V03(alter).ok());
}

TEST_CASE("everything else is refused, also in parts that no policy needs") {
  std::string many_hashes;
  for (const Alter& alter : std::vector<Alter>{
           [](Json& bundle) { bundle.erase("verificationMaterial"); },
           [](Json& bundle) { bundle["verificationMaterial"] = nullptr; },
           [](Json& bundle) { bundle["more"] = 1; },
           [](Json& bundle) { bundle["media_type"] = bundle["mediaType"]; },
           [](Json& bundle) { Material(bundle)["more"] = 1; },
           [](Json& bundle) { bundle["messageSignature"]["more"] = 1; },
           [](Json& bundle) { Material(bundle)["publicKey"] = Json::object(); },
           [](Json& bundle) {
             Material(bundle).erase("certificate");
             Material(bundle)["publicKey"] = {{"hint", "x"}, {"rawBytes", "AAAA"}};
           },
           [](Json& bundle) { Material(bundle).erase("certificate"); },
           [](Json& bundle) { Material(bundle)["certificate"]["rawBytes"] = ""; },
           [](Json& bundle) {
             Material(bundle)["certificate"]["rawBytes"] =
                 Base64Encode(std::string(64 * 1024 + 1, 'x'));
           },
           [](Json& bundle) { Material(bundle)["tlogEntries"] = Json::object(); },
           [](Json& bundle) { Material(bundle)["tlogEntries"][0] = nullptr; },
           [](Json& bundle) {
             for (int i = 0; i < 32; ++i) Material(bundle)["tlogEntries"].push_back(Entry(bundle));
           },
           [](Json& bundle) { Entry(bundle)["logIndex"] = -1; },
           [](Json& bundle) { Entry(bundle)["logIndex"] = "9223372036854775808"; },
           [](Json& bundle) { Entry(bundle)["integratedTime"] = 1.5; },
           [](Json& bundle) { Entry(bundle)["integratedTime"] = "1e3"; },
           [](Json& bundle) { Entry(bundle)["logId"]["keyId"] = "not base64"; },
           [](Json& bundle) { Entry(bundle)["kindVersion"]["kind"] = 1; },
           [](Json& bundle) { Entry(bundle).erase("inclusionProof"); },
           [](Json& bundle) { Entry(bundle)["inclusionProof"] = nullptr; },
           [](Json& bundle) { Entry(bundle)["inclusionPromise"] = Json::object(); },
           [](Json& bundle) { Entry(bundle)["inclusionPromise"] = "AAAA"; },
           [](Json& bundle) { Entry(bundle)["inclusionProof"].erase("checkpoint"); },
           [](Json& bundle) { Entry(bundle)["inclusionProof"]["checkpoint"]["envelope"] = ""; },
           [](Json& bundle) {
             Entry(bundle)["inclusionProof"]["checkpoint"]["envelope"] =
                 std::string(16 * 1024 + 1, 'x');
           },
           [](Json& bundle) { Entry(bundle)["inclusionProof"]["rootHash"] = "AAAA"; },
           [](Json& bundle) { Entry(bundle)["inclusionProof"]["hashes"][0] = "AAAA"; },
           [](Json& bundle) { Entry(bundle)["inclusionProof"]["hashes"][0] = nullptr; },
           [](Json& bundle) {
             Json& hashes = Entry(bundle)["inclusionProof"]["hashes"];
             while (hashes.size() < 64) hashes.push_back(hashes[0]);
           },
           [](Json& bundle) { Entry(bundle).erase("canonicalizedBody"); },
           [](Json& bundle) { Entry(bundle)["canonicalizedBody"] = ""; },
           [](Json& bundle) {
             Json& stamps = Material(bundle)["timestampVerificationData"]["rfc3161Timestamps"];
             while (stamps.size() < 33) stamps.push_back(stamps[0]);
           },
           [](Json& bundle) {
             Material(bundle)["timestampVerificationData"]["rfc3161Timestamps"][0] = Json::object();
           },
           [](Json& bundle) { bundle["messageSignature"].erase("messageDigest"); },
           [](Json& bundle) { bundle["messageSignature"]["messageDigest"].erase("digest"); },
           [](Json& bundle) { bundle["messageSignature"]["messageDigest"]["algorithm"] = 1; },
           [](Json& bundle) {
             bundle["messageSignature"]["messageDigest"]["algorithm"] = "SHA256";
           },
           [](Json& bundle) { bundle["messageSignature"].erase("signature"); },
           [](Json& bundle) { bundle["messageSignature"]["signature"] = ""; },
           [](Json& bundle) {
             std::string signature = bundle["messageSignature"]["signature"];
             bundle["messageSignature"]["signature"] = signature.insert(4, "\n");
           },
           [](Json& bundle) { bundle.erase("messageSignature"); },
           [](Json& bundle) { bundle["dsseEnvelope"] = Json::object(); },
       })
    CHECK(IsParse(V03(alter)));
}

TEST_CASE("versions differ in what an entry and a certificate need") {
  const auto v01 = [](const Alter& alter) {
    return Parsed("lab/ok-v0.1-promise-only.sigstore.json", alter);
  };
  CHECK(v01([](Json&) {}).ok());
  CHECK(IsParse(v01([](Json& bundle) { Entry(bundle).erase("inclusionPromise"); })));
  CHECK(IsParse(v01([](Json& bundle) {
    bundle["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.2";
  })));
  CHECK(IsParse(v01([](Json& bundle) { Entry(bundle)["inclusionProof"] = Json::object(); })));

  const auto chain = [](const Alter& alter) {
    return Parsed("lab/ok-v0.2-chain-leaf.sigstore.json",
                  [&](Json& bundle) { alter(Material(bundle)["x509CertificateChain"]); });
  };
  CHECK(chain([](Json&) {}).ok());
  CHECK(IsParse(chain([](Json& json) { json["certificates"] = Json::array(); })));
  CHECK(IsParse(chain([](Json& json) { json.erase("certificates"); })));
  CHECK(chain([](Json& json) {
          while (json["certificates"].size() < 10)
            json["certificates"].push_back(json["certificates"][0]);
        }).ok());
  CHECK(IsParse(chain([](Json& json) {
    while (json["certificates"].size() < 11)
      json["certificates"].push_back(json["certificates"][0]);
  })));
  CHECK(IsParse(chain([](Json& json) { json["certificates"].push_back({{"rawBytes", "AAAA"}}); })));
  CHECK(IsParse(Parsed("lab/ok-v0.2-chain-leaf.sigstore.json", [](Json& bundle) {
    bundle["mediaType"] = "application/vnd.dev.sigstore.bundle.v0.3+json";
  })));
}

TEST_CASE("an envelope has exactly one signature, and its name of the key is the bundle's") {
  const testing::KeyLab lab;
  const Requirements requirements = Requirements::ForKeys({*ParsePolicyKey(lab.pem())});
  const auto stage = [&](const Alter& alter) {
    Json bundle = lab.EnvelopeBundle();
    alter(bundle);
    return Verify(Artifact(lab.artifact()), MaterialKind::kBundle, DumpJson(bundle), requirements)
        .stage;
  };
  const auto signature = [](Json& bundle) -> Json& { return bundle["dsseEnvelope"]["signatures"]; };
  CHECK(stage([](Json&) {}) == "");
  CHECK(stage([&](Json& bundle) { signature(bundle)[0]["keyid"] = ""; }) == "");
  CHECK(stage([&](Json& bundle) { signature(bundle)[0]["keyid"] = "x"; }) == "");  // no hint
  CHECK(stage([&](Json& bundle) {
          signature(bundle)[0]["keyid"] = "x";
          Material(bundle)["publicKey"]["hint"] = "x";
        }) == "");
  CHECK(stage([&](Json& bundle) {
          signature(bundle)[0]["keyid"] = "x";
          Material(bundle)["publicKey"]["hint"] = "y";
        }) == "policy");
  CHECK(stage([&](Json& bundle) { signature(bundle).push_back(signature(bundle)[0]); }) == "parse");
  CHECK(stage([&](Json& bundle) { signature(bundle) = Json::array(); }) == "parse");
  CHECK(stage([&](Json& bundle) { signature(bundle)[0]["keyId"] = "x"; }) == "parse");
  CHECK(stage([&](Json& bundle) { signature(bundle)[0]["sig"] = ""; }) == "parse");
  CHECK(stage([&](Json& bundle) { bundle["dsseEnvelope"]["more"] = 1; }) == "parse");
  CHECK(stage([&](Json& bundle) { bundle["dsseEnvelope"].erase("payloadType"); }) == "statement");
  CHECK(stage([&](Json& bundle) { bundle["dsseEnvelope"].erase("payload"); }) == "sig");
}

TEST_CASE("a file is a bundle by what is in it") {
  const testing::KeyLab lab;
  CHECK(GuessBundleKind(DumpJson(lab.MessageBundle())) == MaterialKind::kBundle);
  CHECK(GuessBundleKind(R"({"base64Signature":"AAAA"})") == MaterialKind::kLegacyBundle);
  CHECK(GuessBundleKind(R"({"mediaType":"x","base64Signature":"AAAA"})") == MaterialKind::kBundle);
  CHECK(GuessBundleKind("not JSON") == MaterialKind::kBundle);
}

}  // namespace powernode::verify::sigstore::bundle_test
