// Signatures of images as OCI registries hold them: from an image's manifest, the signature object
// and its blobs to a report (signatures.md, section 13). Functions over bytes, as pure as
// verifier.h; who talks to the registry gives what it got, and need not have checked any of it.
//
// What is bound is the SHA-256 of the manifest, or of the index of a multi-platform image, exactly
// as served. The layers of the image are bound by their descriptors in it, and an index covers a
// platform's manifest by its descriptor there: whoever follows one compares it.
#pragma once

#include <string_view>

#include "verify/sigstore/artifact.h"
#include "verify/sigstore/oci_manifest.h"
#include "verify/sigstore/report.h"
#include "verify/sigstore/requirements.h"

namespace powernode::verify::sigstore {

// The object at the image's .sig tag: one signature a layer (cosign 1 and 2). Good when one layer
// passes everything; with none, the last one's refusal is reported. `image` is the manifest.
Report VerifyOciSignature(const Artifact& image, std::string_view manifest, const OciBlobs& blobs,
                          const Requirements& requirements);

// A manifest that refers to the image and holds one bundle (OCI 1.1, cosign 3). "Is this image
// signed" wants the predicate type below in the requirements.
Report VerifyOciReferrer(const Artifact& image, std::string_view manifest, const OciBlobs& blobs,
                         const Requirements& requirements);

inline constexpr std::string_view kImageSignaturePredicate = "https://sigstore.dev/cosign/sign/v1";

}  // namespace powernode::verify::sigstore
