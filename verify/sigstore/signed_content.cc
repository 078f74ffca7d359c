#include "verify/sigstore/signed_content.h"

#include <string>

#include "verify/sigstore/refusal.h"

namespace powernode::verify::sigstore {

Result<Signer> FindSigner(std::span<const x509::PublicKey> keys, const Artifact& what,
                          std::string_view signature) {
  bool tried = false;
  for (const x509::PublicKey& key : keys) {
    if (key.type() == x509::KeyType::kEd25519) {
      if (!what.bytes()) continue;
      tried = true;
      if (key.VerifyMessage(*what.bytes(), signature)) return Signer{.key = key, .hash = {}};
      continue;
    }
    for (const x509::HashAlgorithm hash : key.hashes()) {
      const std::optional<std::string> digest = what.Digest(hash);
      if (!digest) continue;
      tried = true;
      if (key.VerifyDigest(hash, *digest, signature)) return Signer{.key = key, .hash = hash};
    }
  }
  if (!tried)
    return Unchecked(stage::kSignature,
                     "signature: it needs the bytes, or a digest of them that was not given");
  return Wrong(stage::kSignature, keys.size() == 1
                                      ? "signature: not made by the key over these bytes"
                                      : "signature: not made by any of the keys over these bytes");
}

}  // namespace powernode::verify::sigstore
