// Invariant: whatever the platform serves as a signature is either refused as signature_invalid or
// becomes material no longer than it was; judging a blob that nobody signed by it never says "ok".
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "verify/blob_artifact.h"
#include "verify/policy.h"
#include "verify/signature_material.h"

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
  const powernode::Result<SignatureMaterial> material = ReadSignatureMaterial(text);
  if (!material) {
    Require(material.error().code() == "signature_invalid");
    return 0;
  }
  Require(material->text.size() <= size);
  TrustStore trust;
  Require(trust.Add(kPem, "fuzz").ok());
  const Policy policy = Policy::BuiltIn(std::move(trust));
  const sigstore::Report report =
      sigstore::Verify(ArtifactOf(BlobDigest::Of("never signed")), material->kind, material->text,
                       policy.rules.front().requirements);
  Require(report.verdict != sigstore::Verdict::kOk);
  return 0;
}
