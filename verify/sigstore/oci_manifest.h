// An OCI image manifest that carries signatures, as a value (opencontainers image-spec,
// manifest.md; signatures.md, section 13). It comes from a registry, which may serve any object
// under any name: nothing in it says what it is about until a signature does.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"

namespace powernode::verify::sigstore {

struct OciLayer {
  std::string media_type;
  std::string digest;  // "sha256:HEX"
  std::uint64_t size = 0;
  std::map<std::string, std::string, std::less<>> annotations;

  // The annotation's text; nullptr without it.
  const std::string* Annotation(std::string_view name) const;
};

struct OciManifest {
  std::string artifact_type;   // empty: none
  std::string subject_digest;  // empty: none
  std::vector<OciLayer> layers;
};

// At most 1 MiB and 64 layers, at least one. kRefuted: stage "parse" for what is not JSON or too
// long, stage "oci" for what is not such a manifest.
Result<OciManifest> ParseOciManifest(std::string_view text);

// Blobs by the digest that names them in a manifest, "sha256:HEX". Whoever fills the map need not
// have compared anything.
using OciBlobs = std::map<std::string, std::string, std::less<>>;

// The blob that the descriptor of `layer` is of, after its size and digest were compared. kRefuted,
// stage "oci". A view into `blobs`.
Result<std::string_view> LayerBlob(const OciLayer& layer, const OciBlobs& blobs);

}  // namespace powernode::verify::sigstore
