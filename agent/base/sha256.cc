#include "agent/base/sha256.h"

#include <mbedtls/sha256.h>

#include "agent/base/encoding.h"

namespace powernode {

Sha256Bytes Sha256Of(std::string_view text) {
  Sha256Bytes digest{};
  // Fails only on a hardware accelerator's error; the portable code has none.
  (void)::mbedtls_sha256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                         digest.data(), 0);
  return digest;
}

std::string Sha256Hex(std::string_view text) {
  const Sha256Bytes digest = Sha256Of(text);
  return HexEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace powernode
