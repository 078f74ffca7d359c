// The algorithm identifiers (RFC 5280 §4.1.1.2) of signatures and hashes in certificates and
// timestamp tokens, and verification by what they name: PKCS#1 v1.5 where they say so, never PSS.
#pragma once

#include <optional>
#include <string_view>

#include "agent/base/result.h"
#include "verify/x509/der.h"
#include "verify/x509/hash.h"
#include "verify/x509/public_key.h"

namespace powernode::verify::x509 {

struct SignatureAlgorithm {
  enum class Family { kEcdsa, kRsa, kEd25519 };
  Family family = Family::kEcdsa;
  std::optional<HashAlgorithm> hash;  // absent: Ed25519, or named elsewhere (in CMS)
};

// Each reads one AlgorithmIdentifier; parameters are absent or NULL. kRefuted "parse"; kCannotTell
// "sig": not one of ours.
Result<SignatureAlgorithm> ReadSignatureAlgorithm(DerReader& reader);
Result<HashAlgorithm> ReadHashAlgorithm(DerReader& reader);

// False also where the algorithm does not fit the key, or needs a hash and has none.
bool VerifyWith(const SignatureAlgorithm& algorithm, const PublicKey& key, std::string_view message,
                std::string_view signature);

}  // namespace powernode::verify::x509
