// Invariant: any text is either refused with a reason, adding nothing, or adds keys whose id is 64
// hex digits and which are found again under it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/base/encoding.h"
#include "verify/trust_store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  powernode::verify::TrustStore trust;
  const std::string_view pem(reinterpret_cast<const char*>(data), size);
  const powernode::Status added = trust.Add(pem, "fuzz");
  if (added.ok() == trust.empty()) std::abort();
  for (const powernode::verify::TrustedKey& key : trust.keys())
    if (!powernode::IsLowerHex(key.id, 64) || trust.Find(key.id) != &key) std::abort();
  return 0;
}
