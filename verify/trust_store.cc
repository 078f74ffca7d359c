#include "verify/trust_store.h"

#include <algorithm>
#include <optional>

#include "verify/sigstore/pem.h"
#include "verify/sigstore/policy_key.h"

namespace powernode::verify {
namespace {

constexpr std::string_view kBegin = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view kEnd = "-----END PUBLIC KEY-----";

Result<TrustedKey> ParseKey(std::string_view block, const std::string& origin) {
  const std::optional<std::string> der = sigstore::ReadPem(block, sigstore::kPublicKeyLabel);
  if (!der)
    return Error(ErrorKind::kInvalid, "bad_trust_key",
                 origin + ": the PUBLIC KEY block cannot be read");
  const Result<x509::PublicKey> key = x509::PublicKey::FromSpki(*der);
  if (!key && key.error().kind() == ErrorKind::kCannotTell)
    return Error(
        ErrorKind::kUnsupported, "unsupported_trust_key",
        origin + ": " + key.error().message() + " (make a key with: cosign generate-key-pair)");
  if (!key)
    return Error(ErrorKind::kInvalid, "bad_trust_key", origin + ": " + key.error().message());
  return TrustedKey{.id = sigstore::KeyId(*key), .key = *key, .origin = origin};
}

}  // namespace

Status TrustStore::Add(std::string_view pem, const std::string& origin) {
  std::vector<TrustedKey> found;
  for (std::size_t begin = pem.find(kBegin); begin != std::string_view::npos;) {
    const std::size_t end = pem.find(kEnd, begin);
    if (end == std::string_view::npos)
      return Error(ErrorKind::kInvalid, "bad_trust_key",
                   origin + ": a PUBLIC KEY block has no end");
    const std::size_t behind = end + kEnd.size();
    ASSIGN_OR_RETURN(TrustedKey key, ParseKey(pem.substr(begin, behind - begin), origin));
    found.push_back(std::move(key));
    begin = pem.find(kBegin, behind);
  }
  if (found.empty())
    return Error(ErrorKind::kInvalid, "bad_trust_key",
                 origin + ": no \"BEGIN PUBLIC KEY\" block" +
                     (pem.find("PRIVATE KEY") != std::string_view::npos
                          ? " (it holds a private key: do not ship it, extract the public half)"
                          : ""));
  for (TrustedKey& key : found)
    if (Find(key.id) == nullptr) keys_.push_back(std::move(key));
  return Ok();
}

const TrustedKey* TrustStore::Find(std::string_view id) const {
  const auto it =
      std::find_if(keys_.begin(), keys_.end(), [&](const TrustedKey& key) { return key.id == id; });
  return it == keys_.end() ? nullptr : &*it;
}

}  // namespace powernode::verify
