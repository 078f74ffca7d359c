// Key pairs: made, read from PEM, written to PEM, named by the SHA-256 of their
// SubjectPublicKeyInfo, and used to sign the way `cosign sign-blob --key` does (ECDSA P-256 over
// SHA-256, DER, base64).
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "tests/platform/openssl.h"

namespace powernode::platform {

// kEd25519 exists because an agent on mbedTLS must refuse it with a clear message (node-api.md
// §1.1).
enum class KeyKind { kEcdsaP256, kRsa2048, kEd25519 };

Result<KeyKind> KeyKindFromName(std::string_view name);  // "ecdsa", "rsa", "ed25519"

Result<Key> MakeKey(KeyKind kind);
Result<Key> KeyFromPem(std::string_view pem);
Result<std::string> PrivatePem(EVP_PKEY* key);
Result<std::string> PublicPem(EVP_PKEY* key);

// 64 hexadecimal digits: the keyid of node-api.md §12.2 and the key identity of a certificate
// request.
Result<std::string> PublicKeySha256(EVP_PKEY* key);

// The name the agent lists in accepted_signature_algorithms for signatures this key makes
// ("ecdsa-sha256"); "ed25519" for a key no agent can check.
std::string SignatureAlgorithmName(EVP_PKEY* key);

// Base64 of the DER signature over the bytes. kInvalid "not_ecdsa_p256" for any other key.
Result<std::string> SignText(EVP_PKEY* key, std::string_view text);
// True when the DER signature over the bytes, by ECDSA with SHA-256, is of this key.
bool SignatureFits(EVP_PKEY* key, std::string_view text, std::string_view signature);
Result<std::string> SignFile(EVP_PKEY* key, const std::string& path);

}  // namespace powernode::platform
