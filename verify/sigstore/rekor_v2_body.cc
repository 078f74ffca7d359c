#include "verify/sigstore/rekor_v2_body.h"

#include <optional>

#include "agent/base/encoding.h"
#include "verify/sigstore/hash_name.h"
#include "verify/sigstore/refusal.h"

namespace powernode::verify::sigstore {
namespace {

std::optional<std::string_view> KeyDetails(const x509::PublicKey& key) {
  switch (key.type()) {
    case x509::KeyType::kP256:
      return "PKIX_ECDSA_P256_SHA_256";
    case x509::KeyType::kP384:
      return "PKIX_ECDSA_P384_SHA_384";
    case x509::KeyType::kP521:
      return "PKIX_ECDSA_P521_SHA_512";
    case x509::KeyType::kRsa:
      if (key.bits() == 2048) return "PKIX_RSA_PKCS1V15_2048_SHA256";
      if (key.bits() == 3072) return "PKIX_RSA_PKCS1V15_3072_SHA256";
      if (key.bits() == 4096) return "PKIX_RSA_PKCS1V15_4096_SHA256";
      return std::nullopt;
    case x509::KeyType::kEd25519:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> RekorV2Body(const SignedContent& content) {
  const std::optional<std::string_view> details = KeyDetails(content.key);
  if (!details)
    return Unchecked(stage::kLogBody, "log entry: entries of such a key are not supported");
  const x509::HashAlgorithm hash = content.key.hashes().front();
  const std::optional<std::string> digest = content.envelope
                                                ? x509::Digest(hash, content.envelope->encoding)
                                                : content.artifact.Digest(hash);
  if (!digest)
    return Unchecked(stage::kLogBody, "log entry: it names the artifact by a digest (" +
                                          std::string(x509::HashName(hash)) +
                                          ") that was not given");

  const std::string verifier =
      content.leaf
          ? R"("x509Certificate":{"rawBytes":")" + Base64Encode(content.leaf->der()) + R"("})"
          : R"("publicKey":{"rawBytes":")" + Base64Encode(content.key.spki()) + R"("})";
  // Members stand in the order of their names, at each level.
  return R"({"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{)"
         R"("algorithm":")" +
         std::string(ProtoHashName(hash)) + R"(","digest":")" + Base64Encode(*digest) +
         R"("},"signature":{"content":")" + Base64Encode(content.signature) +
         R"(","verifier":{"keyDetails":")" + std::string(*details) + "\"," + verifier + "}}}}}";
}

}  // namespace powernode::verify::sigstore
