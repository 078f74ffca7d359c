// The node's private key: ECDSA P-256, made on the node, never leaving it (node-api.md §2.4).
#pragma once

#include "agent/base/result.h"
#include "agent/base/secret.h"

namespace powernode::enroll {

// A new key as PEM (`EC PRIVATE KEY`).
Result<Secret> GenerateKey();

// kInvalid "bad_key": not a private key in PEM, or not ECDSA P-256 or P-384 or RSA; kUnsupported
// "key_algorithm_unsupported": one the library cannot use.
Status CheckKey(const Secret& pem);

}  // namespace powernode::enroll
