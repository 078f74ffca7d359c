// Public keys of a policy, and the ids they go by (signatures.md, section 2.2).
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "verify/x509/public_key.h"

namespace powernode::verify::sigstore {

// One "PUBLIC KEY" block and nothing else. kCannotTell, stage "key": a policy that cannot be read
// refuses everything, and says nothing about what was signed.
Result<x509::PublicKey> ParsePolicyKey(std::string_view pem);

// Lower hex SHA-256 of the SubjectPublicKeyInfo.
std::string KeyId(const x509::PublicKey& key);
// The same 32 bytes as cosign writes them into a bundle, as a hint that nobody may believe.
std::string KeyHint(const x509::PublicKey& key);

}  // namespace powernode::verify::sigstore
