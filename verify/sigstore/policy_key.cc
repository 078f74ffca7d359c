#include "verify/sigstore/policy_key.h"

#include <optional>

#include "agent/base/encoding.h"
#include "verify/sigstore/pem.h"
#include "verify/sigstore/refusal.h"

namespace powernode::verify::sigstore {
namespace {

constexpr std::size_t kMaxPem = 64 * 1024;

std::string Fingerprint(const x509::PublicKey& key) {
  return x509::Digest(x509::HashAlgorithm::kSha256, key.spki());
}

}  // namespace

Result<x509::PublicKey> ParsePolicyKey(std::string_view pem) {
  const std::optional<std::string> der =
      pem.size() <= kMaxPem ? ReadPem(pem, kPublicKeyLabel) : std::nullopt;
  if (!der) return Unchecked(stage::kKey, "not one PEM block \"PUBLIC KEY\"");
  Result<x509::PublicKey> key = x509::PublicKey::FromSpki(*der);
  if (!key) return Unchecked(stage::kKey, key.error().message());
  return key;
}

std::string KeyId(const x509::PublicKey& key) { return HexEncode(Fingerprint(key)); }

std::string KeyHint(const x509::PublicKey& key) { return Base64Encode(Fingerprint(key)); }

}  // namespace powernode::verify::sigstore
