#include "verify/sigstore/verifier.h"

#include <utility>

#include "agent/base/json.h"
#include "agent/base/result.h"
#include "verify/sigstore/bundle_check.h"
#include "verify/sigstore/detached_check.h"
#include "verify/sigstore/legacy_bundle.h"
#include "verify/sigstore/legacy_keyless.h"
#include "verify/sigstore/refusal.h"
#include "verify/sigstore/strict_json.h"

namespace powernode::verify::sigstore {
namespace {

Result<Facts> CheckLegacy(const Artifact& artifact, std::string_view text,
                          const Requirements& requirements) {
  ASSIGN_OR_RETURN(const LegacyBundle bundle, ParseLegacyBundle(text));
  switch (requirements.mode) {
    case TrustMode::kKey:
      return CheckLegacyBundle(artifact, bundle, requirements);
    case TrustMode::kKeyless:
      return CheckLegacyKeyless(artifact, bundle, requirements);
  }
  return Unchecked(stage::kPolicy, "policy: unknown mode");
}

Result<Facts> Check(const Artifact& artifact, MaterialKind kind, std::string_view material,
                    const Requirements& requirements) {
  RETURN_IF_ERROR(CheckRequirements(requirements));
  if (!requirements.annotations.empty() || requirements.docker_reference)
    return Unchecked(stage::kPolicy,
                     "policy: annotations and a docker reference are only in OCI signatures");
  switch (kind) {
    case MaterialKind::kSignature:
      return CheckDetachedSignature(artifact, material, requirements);
    case MaterialKind::kLegacyBundle:
      return CheckLegacy(artifact, material, requirements);
    case MaterialKind::kBundle:
      return CheckBundle(artifact, material, requirements);
  }
  return Unchecked(stage::kPolicy, "unknown kind of material");
}

}  // namespace

MaterialKind GuessBundleKind(std::string_view text) {
  const Result<Json> json = ParseStrictJson(text);
  const bool legacy = json && !json->contains("mediaType") && json->contains("base64Signature");
  return legacy ? MaterialKind::kLegacyBundle : MaterialKind::kBundle;
}

Report Verify(const Artifact& artifact, MaterialKind kind, std::string_view material,
              const Requirements& requirements) {
  return Report::Of(Check(artifact, kind, material, requirements));
}

}  // namespace powernode::verify::sigstore
