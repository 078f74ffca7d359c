#include "verify/trust_store.h"

#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>

#include <algorithm>
#include <array>
#include <span>

#include "agent/base/sha256.h"

namespace powernode::verify {
namespace {

constexpr std::string_view kBegin = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view kEnd = "-----END PUBLIC KEY-----";

class PublicKey {
 public:
  PublicKey() { mbedtls_pk_init(&context_); }
  ~PublicKey() { mbedtls_pk_free(&context_); }
  PublicKey(const PublicKey&) = delete;
  PublicKey& operator=(const PublicKey&) = delete;

  mbedtls_pk_context* get() { return &context_; }

  // The library wants the closing zero of a PEM text to be counted, and none for DER.
  bool ParsePem(const std::string& pem) { return Parse(pem.c_str(), pem.size() + 1); }
  bool ParseDer(const std::string& der) { return Parse(der.data(), der.size()); }

  bool IsP256() const {
    return mbedtls_pk_get_type(&context_) == MBEDTLS_PK_ECKEY &&
           mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(context_)) == MBEDTLS_ECP_DP_SECP256R1;
  }

  // SubjectPublicKeyInfo with an uncompressed point, whatever form was read: one id a key.
  std::string Der() const {
    std::array<unsigned char, 256> buffer{};
    const int length = mbedtls_pk_write_pubkey_der(&context_, buffer.data(), buffer.size());
    if (length <= 0) return {};
    const auto der =
        std::span(buffer).last(static_cast<std::size_t>(length));  // written from the end
    return {reinterpret_cast<const char*>(der.data()), der.size()};
  }

 private:
  bool Parse(const char* data, std::size_t size) {
    return mbedtls_pk_parse_public_key(&context_, reinterpret_cast<const unsigned char*>(data),
                                       size) == 0;
  }

  mbedtls_pk_context context_;
};

Result<TrustedKey> ParseKey(const std::string& block, const std::string& origin) {
  PublicKey key;
  if (!key.ParsePem(block))
    return Error(ErrorKind::kInvalid, "bad_trust_key",
                 origin + ": the PUBLIC KEY block cannot be read");
  if (!key.IsP256())
    return Error(
        ErrorKind::kUnsupported, "unsupported_trust_key",
        origin +
            ": not an EC P-256 key (make one with: cosign generate-key-pair, or openssl ecparam "
            "-name prime256v1 -genkey)");
  const std::string der = key.Der();
  if (der.empty())
    return Error(ErrorKind::kInvalid, "bad_trust_key", origin + ": the key cannot be encoded");
  return TrustedKey{.id = Sha256Hex(der), .der = der, .origin = origin};
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
    ASSIGN_OR_RETURN(TrustedKey key,
                     ParseKey(std::string(pem.substr(begin, behind - begin)) + "\n", origin));
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

// The key is parsed again for each signature: a library context is not safe to share between
// threads, and parsing costs a hundredth of the check.
SignatureVerdict CheckSignature(const TrustedKey& trusted, const BlobDigest& digest,
                                std::string_view signature) {
  PublicKey key;
  if (!key.ParseDer(trusted.der)) return SignatureVerdict::kDoesNotHold;
  const int outcome =
      mbedtls_pk_verify(key.get(), MBEDTLS_MD_SHA256, digest.bytes().data(), digest.bytes().size(),
                        reinterpret_cast<const unsigned char*>(signature.data()), signature.size());
  if (outcome == 0) return SignatureVerdict::kHolds;
  return outcome == MBEDTLS_ERR_ECP_VERIFY_FAILED ? SignatureVerdict::kDoesNotHold
                                                  : SignatureVerdict::kMalformed;
}

}  // namespace powernode::verify
