// The node's private key: ECDSA P-256, made on the node, never leaving it (node-api.md §2.4).
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/base/secret.h"

namespace powernode::enroll {

// A new key as PEM (`EC PRIVATE KEY`).
Result<Secret> GenerateKey();

// kInvalid "bad_key": not a private key in PEM, or not ECDSA P-256 or P-384 or RSA; kUnsupported
// "key_algorithm_unsupported": one the library cannot use.
Status CheckKey(const Secret& pem);

// SHA-256 of the public half as SubjectPublicKeyInfo in DER, hex: what names the key elsewhere.
Result<std::string> PublicKeySha256(const Secret& pem);

// The ECDSA signature over the SHA-256 of `text`, in DER. kUnsupported "key_algorithm_unsupported"
// for a key of another kind.
Result<std::string> SignText(const Secret& pem, std::string_view text);

}  // namespace powernode::enroll
