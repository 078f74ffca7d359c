// Ed25519 verification (RFC 8032 §5.1.7), by libsodium; mbedTLS has none.
//
// Without the cofactor, as Go's, so that verdicts agree: 0 <= S < L, a canonical public key, and
// the encoding of S·B - k·A equal to R as given. Stricter than the RFC in one point: a public key
// or an R of small order, which no honest signer makes, is refused.
#pragma once

#include <cstddef>
#include <string_view>

namespace powernode::verify::x509 {

inline constexpr std::size_t kEd25519KeySize = 32;
inline constexpr std::size_t kEd25519SignatureSize = 64;

// False also for a key or signature of another size.
bool VerifyEd25519(std::string_view key, std::string_view message, std::string_view signature);

}  // namespace powernode::verify::x509
