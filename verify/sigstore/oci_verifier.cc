#include "verify/sigstore/oci_verifier.h"

#include <optional>
#include <string>
#include <utility>

#include "verify/sigstore/bundle_check.h"
#include "verify/sigstore/detached_check.h"
#include "verify/sigstore/detached_signature.h"
#include "verify/sigstore/legacy_bundle.h"
#include "verify/sigstore/legacy_keyless.h"
#include "verify/sigstore/oci_tag.h"
#include "verify/sigstore/pem.h"
#include "verify/sigstore/refusal.h"
#include "verify/sigstore/simple_signing.h"

namespace powernode::verify::sigstore {
namespace {

constexpr std::string_view kSignatureType = "application/vnd.dev.cosign.simplesigning.v1+json";
constexpr std::string_view kBundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";

constexpr std::string_view kSignatureAnnotation = "dev.cosignproject.cosign/signature";
constexpr std::string_view kCertificateAnnotation = "dev.sigstore.cosign/certificate";
constexpr std::string_view kPromiseAnnotation = "dev.sigstore.cosign/bundle";

Result<std::string> DigestOf(const Artifact& image) {
  std::optional<std::string> digest = image.Digest(x509::HashAlgorithm::kSha256);
  if (!digest) return Unchecked(stage::kOci, "image: its SHA-256 is not known");
  return *std::move(digest);
}

// The certificate and the log's promise stand in annotations; a chain there is ignored.
Result<Facts> CheckKeylessLayer(const OciLayer& layer, const Artifact& payload,
                                std::string_view signature, const Requirements& requirements) {
  if (!requirements.allow_legacy)
    return Wrong(stage::kPolicy, "legacy keyless signatures are not allowed by the policy");
  const std::string* certificate = layer.Annotation(kCertificateAnnotation);
  const std::string* promise = layer.Annotation(kPromiseAnnotation);
  if (certificate == nullptr || promise == nullptr)
    return Wrong(stage::kParse, "OCI layer: it has no certificate or no promise of a log");
  const std::optional<std::string> leaf = ReadPem(*certificate, kCertificateLabel);
  if (!leaf) return Wrong(stage::kParse, "OCI layer: its certificate is not one PEM block");
  ASSIGN_OR_RETURN(const RekorBundle rekor, ParseRekorBundle(*promise));
  return CheckPromisedSignature(payload, signature, *leaf, rekor, requirements);
}

Result<Facts> CheckLayer(std::string_view image_digest, const OciLayer& layer,
                         const OciBlobs& blobs, const Requirements& requirements) {
  if (layer.media_type != kSignatureType)
    return Wrong(stage::kOci, "OCI layer: not a signed payload");
  const std::string* encoded = layer.Annotation(kSignatureAnnotation);
  if (encoded == nullptr) return Wrong(stage::kOci, "OCI layer: it has no signature");
  ASSIGN_OR_RETURN(const std::string_view payload, LayerBlob(layer, blobs));
  ASSIGN_OR_RETURN(const std::string signature, ParseDetachedSignature(*encoded));

  const Artifact artifact(payload);
  ASSIGN_OR_RETURN(Facts facts,
                   requirements.mode == TrustMode::kKey
                       ? CheckKeySignature(artifact, signature, requirements.keys, requirements)
                       : CheckKeylessLayer(layer, artifact, signature, requirements));
  // The payload's words count only now that they are known to be the signer's.
  ASSIGN_OR_RETURN(const SimpleSigning signing, ParseSimpleSigning(payload));
  RETURN_IF_ERROR(CheckSimpleSigning(signing, image_digest, requirements));
  return facts;
}

Result<Facts> CheckSignature(const Artifact& image, std::string_view text, const OciBlobs& blobs,
                             const Requirements& requirements) {
  RETURN_IF_ERROR(CheckRequirements(requirements));
  ASSIGN_OR_RETURN(const std::string digest, DigestOf(image));
  ASSIGN_OR_RETURN(const OciManifest manifest, ParseOciManifest(text));
  Result<Facts> outcome = Wrong(stage::kOci, "OCI manifest: it has no layer");
  for (const OciLayer& layer : manifest.layers) {
    outcome = CheckLayer(digest, layer, blobs, requirements);
    if (outcome) break;
  }
  return outcome;
}

Result<Facts> CheckReferrer(const Artifact& image, std::string_view text, const OciBlobs& blobs,
                            const Requirements& requirements) {
  RETURN_IF_ERROR(CheckRequirements(requirements));
  if (!requirements.annotations.empty() || requirements.docker_reference)
    return Unchecked(stage::kPolicy,
                     "policy: annotations and a docker reference are not in bundles");
  ASSIGN_OR_RETURN(const std::string digest, DigestOf(image));
  ASSIGN_OR_RETURN(const OciManifest manifest, ParseOciManifest(text));
  if (manifest.artifact_type != kBundleType)
    return Wrong(stage::kOci, "OCI manifest: its artifact type is not that of a bundle");
  if (manifest.subject_digest != OciDigestName(digest))
    return Wrong(stage::kOci, "OCI manifest: it refers to another image");
  if (manifest.layers.size() != 1 || manifest.layers.front().media_type != kBundleType)
    return Wrong(stage::kOci, "OCI manifest: not one bundle");
  ASSIGN_OR_RETURN(const std::string_view bundle, LayerBlob(manifest.layers.front(), blobs));
  ASSIGN_OR_RETURN(Facts facts, CheckBundle(image, bundle, requirements));
  if (!facts.statement) return Wrong(stage::kOci, "OCI layer: its bundle holds no statement");
  return facts;
}

}  // namespace

Report VerifyOciSignature(const Artifact& image, std::string_view manifest, const OciBlobs& blobs,
                          const Requirements& requirements) {
  return Report::Of(CheckSignature(image, manifest, blobs, requirements));
}

Report VerifyOciReferrer(const Artifact& image, std::string_view manifest, const OciBlobs& blobs,
                         const Requirements& requirements) {
  return Report::Of(CheckReferrer(image, manifest, blobs, requirements));
}

}  // namespace powernode::verify::sigstore
