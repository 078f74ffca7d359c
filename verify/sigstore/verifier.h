// The one door to signature verification: from an artifact, what came with it, and what the owner
// asks, to a report (signatures.md). Pure: no clock, no file, no socket, no environment; the same
// arguments give the same report on any day and any machine, and any number of threads may call it.
#pragma once

#include <string_view>

#include "verify/sigstore/artifact.h"
#include "verify/sigstore/report.h"
#include "verify/sigstore/requirements.h"

namespace powernode::verify::sigstore {

enum class MaterialKind {
  kSignature,     // base64 text of a .sig file
  kLegacyBundle,  // JSON of cosign 2.x
  kBundle,        // Sigstore bundle, JSON
};

// What a JSON file is: a bundle has a mediaType, whatever the file's name. A guess: the checks of
// the kind decide.
MaterialKind GuessBundleKind(std::string_view text);

// `material` is hostile. Objects of OCI registries have doors of their own.
Report Verify(const Artifact& artifact, MaterialKind kind, std::string_view material,
              const Requirements& requirements);

}  // namespace powernode::verify::sigstore
