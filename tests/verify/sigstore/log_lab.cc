#include "tests/verify/sigstore/log_lab.h"

#include <optional>
#include <utility>

#include "agent/base/encoding.h"
#include "verify/sigstore/checkpoint.h"
#include "verify/sigstore/dsse.h"
#include "verify/sigstore/entry_promise.h"
#include "verify/sigstore/inclusion_proof.h"
#include "verify/x509/der.h"
#include "verify/x509/oids.h"

namespace powernode::testing {
namespace {

using namespace verify;

std::string Sha256(std::string_view bytes) {
  return x509::Digest(x509::HashAlgorithm::kSha256, bytes);
}

std::string Node(const std::string& left, const std::string& right) {
  return Sha256("\x01" + left + right);
}

std::string SignatureOf(const Json& bundle) {
  return bundle.contains("dsseEnvelope") ? bundle["dsseEnvelope"]["signatures"][0]["sig"]
                                         : bundle["messageSignature"]["signature"];
}

}  // namespace

std::string SpkiOf(const SigningKey& key) {
  using x509::DerEncode;
  const std::string algorithm =
      DerEncode(x509::kDerOid, x509::kOidEcPublicKey) + DerEncode(x509::kDerOid, x509::kOidP256);
  return DerEncode(x509::kDerSequence,
                   DerEncode(x509::kDerSequence, algorithm) +
                       DerEncode(x509::kDerBitString, std::string(1, '\0') + key.point()));
}

std::string PemOf(std::string_view label, std::string_view der) {
  const std::string name(label);
  return "-----BEGIN " + name + "-----\n" + Base64Encode(der) + "\n-----END " + name + "-----\n";
}

LabLog::LabLog(std::string name) : name_(std::move(name)), key_(MBEDTLS_ECP_DP_SECP256R1) {}

std::string LabLog::id() const { return Sha256(SpkiOf(key_)); }

sigstore::TransparencyLog LabLog::AsTrusted() const {
  return {.log = {.id = id(),
                  .key = *x509::PublicKey::FromSpki(SpkiOf(key_)),
                  .window = {.start = x509::Instant{.seconds = kLabTime - 1000},
                             .end = x509::Instant{.seconds = kLabTime + 1000}}},
          .names = {name_}};
}

std::string LabLog::Promise(const std::string& body, std::int64_t time, std::int64_t index) const {
  return key_.Sign(Sha256(sigstore::PromisePayload(
      {.body = body, .integrated_time = time, .log_index = index, .signature = {}}, id())));
}

std::string LabLog::SignatureLine(const std::string& text) const {
  return SignatureLine(text, name_);
}

std::string LabLog::SignatureLine(const std::string& text, const std::string& as) const {
  return "\xe2\x80\x94 " + as + " " + Base64Encode(id().substr(0, 4) + key_.Sign(Sha256(text))) +
         "\n";
}

Json LabLog::Entry(const std::string& kind, const std::string& version,
                   const std::string& body) const {
  const bool is_v2 = kind == "hashedrekord" && version == "0.0.2";
  const std::string first = sigstore::LeafHash("first");
  const std::string third = sigstore::LeafHash("third");
  const std::string root = Node(Node(first, sigstore::LeafHash(body)), third);
  const std::string text = name_ + (is_v2 ? "" : " - 1234") + "\n3\n" + Base64Encode(root) + "\n";

  Json proof = {{"logIndex", "1"},
                {"treeSize", "3"},
                {"rootHash", Base64Encode(root)},
                {"hashes", {Base64Encode(first), Base64Encode(third)}},
                {"checkpoint", {{"envelope", text + "\n" + SignatureLine(text)}}}};
  Json entry = {{"logIndex", is_v2 ? "1" : "101"},
                {"logId", {{"keyId", Base64Encode(id())}}},
                {"kindVersion", {{"kind", kind}, {"version", version}}},
                {"inclusionProof", std::move(proof)},
                {"canonicalizedBody", Base64Encode(body)}};
  if (is_v2) return entry;
  entry["integratedTime"] = std::to_string(kLabTime);
  entry["inclusionPromise"]["signedEntryTimestamp"] = Base64Encode(Promise(body, kLabTime, 101));
  return entry;
}

KeyLab::KeyLab() : key_(MBEDTLS_ECP_DP_SECP256R1) {}

std::string KeyLab::Sign(std::string_view bytes) const { return key_.Sign(Sha256(bytes)); }

std::string KeyLab::payload() const {
  return R"({"_type":"https://in-toto.io/Statement/v1","predicateType":"lab/v1","subject":[)"
         R"({"name":"lab","digest":{"sha256":")" +
         HexEncode(Sha256(artifact_)) + R"("}}]})";
}

Json KeyLab::MessageBundle() const {
  return {
      {"mediaType", "application/vnd.dev.sigstore.bundle.v0.3+json"},
      {"verificationMaterial", {{"publicKey", Json::object()}}},
      {"messageSignature",
       {{"messageDigest", {{"algorithm", "SHA2_256"}, {"digest", Base64Encode(Sha256(artifact_))}}},
        {"signature", Base64Encode(Sign(artifact_))}}}};
}

Json KeyLab::EnvelopeBundle() const {
  const std::string type = "application/vnd.in-toto+json";
  const std::string signature = Sign(sigstore::PreAuthenticationEncoding(type, payload()));
  return {{"mediaType", "application/vnd.dev.sigstore.bundle.v0.3+json"},
          {"verificationMaterial", {{"publicKey", Json::object()}}},
          {"dsseEnvelope",
           {{"payload", Base64Encode(payload())},
            {"payloadType", type},
            {"signatures", Json::array({{{"sig", Base64Encode(signature)}}})}}}};
}

Json KeyLab::HashedRekord(const Json& bundle) const {
  return {
      {"apiVersion", "0.0.1"},
      {"kind", "hashedrekord"},
      {"spec",
       {{"data", {{"hash", {{"algorithm", "sha256"}, {"value", HexEncode(Sha256(artifact_))}}}}},
        {"signature",
         {{"content", SignatureOf(bundle)}, {"publicKey", {{"content", Base64Encode(pem())}}}}}}}};
}

Json KeyLab::Dsse(const Json& bundle) const {
  return {
      {"apiVersion", "0.0.1"},
      {"kind", "dsse"},
      {"spec",
       {{"payloadHash", {{"algorithm", "sha256"}, {"value", HexEncode(Sha256(payload()))}}},
        {"signatures",
         Json::array({{{"signature", SignatureOf(bundle)}, {"verifier", Base64Encode(pem())}}})}}}};
}

Json KeyLab::Intoto(const Json& bundle) const {
  return {{"apiVersion", "0.0.2"},
          {"kind", "intoto"},
          {"spec",
           {{"content",
             {{"payloadHash", {{"algorithm", "sha256"}, {"value", HexEncode(Sha256(payload()))}}},
              {"envelope",
               {{"signatures", Json::array({{{"sig", Base64Encode(SignatureOf(bundle))},
                                             {"publicKey", Base64Encode(pem())}}})}}}}}}}};
}

std::string KeyLab::HashedRekordV2(const Json& bundle) const {
  const std::string signed_bytes =
      bundle.contains("dsseEnvelope")
          ? sigstore::PreAuthenticationEncoding("application/vnd.in-toto+json", payload())
          : artifact_;
  const Json body = {
      {"apiVersion", "0.0.2"},
      {"kind", "hashedrekord"},
      {"spec",
       {{"hashedRekordV002",
         {{"data", {{"algorithm", "SHA2_256"}, {"digest", Base64Encode(Sha256(signed_bytes))}}},
          {"signature",
           {{"content", SignatureOf(bundle)},
            {"verifier",
             {{"keyDetails", "PKIX_ECDSA_P256_SHA_256"},
              {"publicKey", {{"rawBytes", Base64Encode(SpkiOf(key_))}}}}}}}}}}}};
  return DumpJson(body);
}

sigstore::Requirements KeyLab::Requirements(const std::vector<const LabLog*>& logs) const {
  auto root = std::make_shared<sigstore::TrustedRoot>();
  for (const LabLog* log : logs) root->logs.push_back(log->AsTrusted());
  return sigstore::Requirements::ForKeys({*x509::PublicKey::FromSpki(SpkiOf(key_))},
                                         std::move(root));
}

void AddEntry(Json& bundle, Json entry) {
  bundle["verificationMaterial"]["tlogEntries"].push_back(std::move(entry));
}

}  // namespace powernode::testing
