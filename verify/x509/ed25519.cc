#include "verify/x509/ed25519.h"

#include <sodium/crypto_sign_ed25519.h>

#include "verify/x509/octets.h"

namespace powernode::verify::x509 {

// The function needs no sodium_init(): it keeps no state and chooses nothing at run time.
bool VerifyEd25519(std::string_view key, std::string_view message, std::string_view signature) {
  static_assert(kEd25519KeySize == crypto_sign_ed25519_PUBLICKEYBYTES);
  static_assert(kEd25519SignatureSize == crypto_sign_ed25519_BYTES);
  if (key.size() != kEd25519KeySize || signature.size() != kEd25519SignatureSize) return false;
  return crypto_sign_ed25519_verify_detached(Octets(signature), Octets(message), message.size(),
                                             Octets(key)) == 0;
}

}  // namespace powernode::verify::x509
