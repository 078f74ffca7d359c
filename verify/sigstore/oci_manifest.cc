#include "verify/sigstore/oci_manifest.h"

#include <optional>
#include <utility>

#include "agent/base/json.h"
#include "verify/sigstore/oci_tag.h"
#include "verify/sigstore/refusal.h"
#include "verify/sigstore/strict_json.h"
#include "verify/x509/hash.h"

namespace powernode::verify::sigstore {
namespace {

constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr std::size_t kMaxLayers = 64;

Error NotAManifest(std::string_view why) {
  return Wrong(stage::kOci, "OCI manifest: " + std::string(why));
}

Result<OciLayer> ReadLayer(const Json& json) {
  if (!json.is_object()) return NotAManifest("a layer is not an object");
  const std::optional<std::string> media_type = GetString(json, "mediaType");
  const std::optional<std::string> digest = GetString(json, "digest");
  const auto size = json.find("size");
  if (!media_type || !digest || size == json.end() || !size->is_number_unsigned())
    return NotAManifest("a layer has no media type, digest or size");
  OciLayer layer{.media_type = *media_type,
                 .digest = *digest,
                 .size = size->get<std::uint64_t>(),
                 .annotations = {}};
  if (const auto annotations = json.find("annotations"); annotations != json.end()) {
    if (!annotations->is_object()) return NotAManifest("annotations are not an object");
    for (const auto& [name, value] : annotations->items()) {
      if (!value.is_string()) return NotAManifest("an annotation is not text");
      layer.annotations.emplace(name, value.get<std::string>());
    }
  }
  return layer;
}

}  // namespace

const std::string* OciLayer::Annotation(std::string_view name) const {
  const auto found = annotations.find(name);
  return found == annotations.end() ? nullptr : &found->second;
}

Result<OciManifest> ParseOciManifest(std::string_view text) {
  ASSIGN_OR_RETURN_CONTEXT(const Json json, ParseStrictJson(text), "OCI manifest");
  const auto version = json.find("schemaVersion");
  if (GetString(json, "mediaType") != kManifestType || version == json.end() ||
      !version->is_number_integer() || *version != 2)
    return NotAManifest("not an OCI image manifest of schema version 2");

  OciManifest manifest;
  manifest.artifact_type = GetString(json, "artifactType").value_or("");
  if (const Json* subject = GetObject(json, "subject"))
    manifest.subject_digest = GetString(*subject, "digest").value_or("");
  const Json* layers = GetArray(json, "layers");
  if (layers == nullptr || layers->empty()) return NotAManifest("it has no layer");
  if (layers->size() > kMaxLayers) return Wrong(stage::kParse, "OCI manifest: more than 64 layers");
  for (const Json& each : *layers) {
    ASSIGN_OR_RETURN(OciLayer layer, ReadLayer(each));
    manifest.layers.push_back(std::move(layer));
  }
  return manifest;
}

Result<std::string_view> LayerBlob(const OciLayer& layer, const OciBlobs& blobs) {
  const auto found = blobs.find(layer.digest);
  if (found == blobs.end()) return Wrong(stage::kOci, "OCI layer: its blob is not there");
  const std::string& blob = found->second;
  if (blob.size() != layer.size) return Wrong(stage::kOci, "OCI layer: its blob has another size");
  if (OciDigestName(x509::Digest(x509::HashAlgorithm::kSha256, blob)) != layer.digest)
    return Wrong(stage::kOci, "OCI layer: its blob has another digest");
  return std::string_view(blob);
}

}  // namespace powernode::verify::sigstore
