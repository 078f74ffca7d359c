// RSA signature verification (RFC 8017 §8), by mbedTLS.
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "verify/x509/hash.h"

namespace powernode::verify::x509 {

// Modulus and public exponent, big endian without leading zeros.
struct RsaKey {
  std::string modulus;
  std::string exponent;

  unsigned bits() const;
};

// RSAPublicKey. kRefuted "parse": malformed, even modulus, or an exponent that is even, 1 or above
// 2^31 - 1; kCannotTell "sig": fewer than 2048 bits or more than 8192.
Result<RsaKey> ParseRsaKey(std::string_view der);

// A signature is as long as the modulus. PSS takes MGF1 with the same hash, and a salt of that
// hash's size.
bool VerifyRsaPkcs1(const RsaKey& key, HashAlgorithm hash, std::string_view digest,
                    std::string_view signature);
bool VerifyRsaPss(const RsaKey& key, HashAlgorithm hash, std::string_view digest,
                  std::string_view signature);

}  // namespace powernode::verify::x509
