// Invariant: whatever the platform serves as a signature is either refused as signature_invalid or
// becomes a bounded DER candidate; judging that candidate never says "holds".
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "verify/blob_signature.h"
#include "verify/trust_store.h"

namespace {

constexpr const char* kPem = R"(-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEISr5uI4HxWD1ywZLUlKGq+1IUXvn
vbUl68zqI4wRfLTsZwpJ1/cKT+9y9jLgJkFvfRKYkprehDOQtAZINBrXpQ==
-----END PUBLIC KEY-----
)";

void Require(bool held) {
  if (!held) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode::verify;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const powernode::Result<BlobSignature> signature = ParseBlobSignature(text);
  if (!signature) {
    Require(signature.error().code() == "signature_invalid");
    return 0;
  }
  Require(!signature->der.empty() && signature->der.size() <= 4096);
  TrustStore trust;
  Require(trust.Add(kPem, "fuzz").ok());
  Require(CheckSignature(trust.keys()[0], BlobDigest::Of("never signed"), signature->der) !=
          SignatureVerdict::kHolds);
  return 0;
}
