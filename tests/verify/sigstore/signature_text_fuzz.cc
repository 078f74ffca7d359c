// The text of a .sig file, base64, PEM, and the legacy bundle.
//
// Invariants: what is decoded, encoded again, is the input (of PEM: decodes to the same); what of
// it is a public key for a policy has an id; none of it is a signature by a key that never signed.
#include <string>

#include "agent/base/encoding.h"
#include "tests/fuzz/fuzz_input.h"
#include "verify/sigstore/detached_signature.h"
#include "verify/sigstore/pem.h"
#include "verify/sigstore/policy_key.h"
#include "verify/sigstore/verifier.h"

namespace {

using namespace powernode::verify::sigstore;
using powernode::fuzz::Require;

constexpr std::string_view kKey = R"(-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEISr5uI4HxWD1ywZLUlKGq+1IUXvn
vbUl68zqI4wRfLTsZwpJ1/cKT+9y9jLgJkFvfRKYkprehDOQtAZINBrXpQ==
-----END PUBLIC KEY-----
)";

void CheckPem(std::string_view text) {
  const auto block = ReadPem(text);
  if (!block) return;
  const std::string again = "-----BEGIN " + block->label + "-----\n" +
                            powernode::Base64Encode(block->der) + "\n-----END " + block->label +
                            "-----";
  const auto decoded = ReadPem(again, block->label);
  Require(decoded && *decoded == block->der, "PEM decodes to the same");
  const auto key = ParsePolicyKey(text);
  Require(!key || powernode::IsLowerHex(KeyId(*key), 64), "a key has an id");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Requirements requirements = Requirements::ForKeys({*ParsePolicyKey(kKey)});
  const std::string_view text = powernode::fuzz::TextOf(data, size);

  const auto bytes = powernode::Base64Decode(text);
  Require(!bytes || powernode::Base64Encode(*bytes) == text, "base64 has one spelling");
  const auto signature = ParseDetachedSignature(text);
  if (signature) {
    const std::string encoded = powernode::Base64Encode(*signature);
    Require(encoded == text || encoded + "\n" == text, "a signature has two spellings");
  }
  CheckPem(text);

  for (const MaterialKind kind : {MaterialKind::kSignature, MaterialKind::kLegacyBundle}) {
    const Report report = Verify(Artifact("never signed"), kind, text, requirements);
    Require(report.verdict == Verdict::kWrong, "nobody signed it");
  }
  return 0;
}
