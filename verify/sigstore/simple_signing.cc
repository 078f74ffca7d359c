#include "verify/sigstore/simple_signing.h"

#include <optional>

#include "agent/base/encoding.h"
#include "verify/sigstore/oci_tag.h"
#include "verify/sigstore/refusal.h"
#include "verify/sigstore/strict_json.h"

namespace powernode::verify::sigstore {
namespace {

constexpr std::string_view kType = "cosign container image signature";
constexpr std::string_view kDigestPrefix = "sha256:";

Error Unfit(std::string_view why) {
  return Wrong(stage::kPayload, "signed payload: " + std::string(why));
}

bool IsDigestName(std::string_view text) {
  return text.starts_with(kDigestPrefix) && IsLowerHex(text.substr(kDigestPrefix.size()), 64);
}

}  // namespace

Result<SimpleSigning> ParseSimpleSigning(std::string_view payload) {
  ASSIGN_OR_RETURN_CONTEXT(const Json json, ParseStrictJson(payload), "signed payload");
  const Json* critical = GetObject(json, "critical");
  if (critical == nullptr || GetString(*critical, "type") != kType)
    return Unfit("not a cosign image signature");
  const Json* image = GetObject(*critical, "image");
  const std::optional<std::string> digest =
      image != nullptr ? GetString(*image, "docker-manifest-digest") : std::nullopt;
  if (!digest || !IsDigestName(*digest)) return Unfit("it names no image by SHA-256");

  SimpleSigning signing{.manifest_digest = *digest, .docker_reference = {}, .annotations = {}};
  if (const Json* identity = GetObject(*critical, "identity"))
    signing.docker_reference = GetString(*identity, "docker-reference").value_or("");
  const auto optional = json.find("optional");
  if (optional == json.end() || optional->is_null()) return signing;
  if (!optional->is_object()) return Unfit("its optional part is not an object");
  for (const auto& [name, value] : optional->items())
    if (value.is_string()) signing.annotations.emplace(name, value.get<std::string>());
  return signing;
}

Status CheckSimpleSigning(const SimpleSigning& payload, std::string_view digest,
                          const Requirements& requirements) {
  if (payload.manifest_digest != OciDigestName(digest)) return Unfit("it is of another image");
  if (requirements.docker_reference && payload.docker_reference != *requirements.docker_reference)
    return Unfit("it was signed under another docker reference");
  for (const auto& [name, value] : requirements.annotations) {
    const auto found = payload.annotations.find(name);
    if (found == payload.annotations.end() || found->second != value)
      return Unfit("it lacks an annotation that the policy asks for");
  }
  return Ok();
}

}  // namespace powernode::verify::sigstore
