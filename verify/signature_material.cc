#include "verify/signature_material.h"

#include <utility>

#include "agent/base/json.h"

namespace powernode::verify {
namespace {

using sigstore::MaterialKind;

constexpr std::size_t kMaxText = 1024 * 1024;
constexpr std::string_view kSpace = " \t\r\n";

Error Malformed(std::string_view why) {
  return Error(ErrorKind::kRefuted, "signature_invalid",
               "the signature is malformed: " + std::string(why));
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

Result<SignatureMaterial> ReadSignatureMaterial(std::string_view text) {
  if (text.size() > kMaxText) return Malformed("longer than 1 MiB");
  const std::string_view trimmed = Trimmed(text);
  if (!trimmed.starts_with('{'))
    return SignatureMaterial{
        .kind = MaterialKind::kSignature, .text = std::string(trimmed), .keyid = std::nullopt};

  const Result<Json> object = ParseJsonObject(trimmed);
  if (!object) return Malformed(object.error().message());
  SignatureMaterial material{.kind = MaterialKind::kBundle,
                             .text = std::string(text),
                             .keyid = GetString(*object, "keyid")};
  if (object->contains("mediaType")) return material;
  if (object->contains("rekorBundle") || object->contains("cert")) {
    material.kind = MaterialKind::kLegacyBundle;
    return material;
  }
  std::optional<std::string> encoded = GetString(*object, "base64Signature");
  if (!encoded)
    if (const Json* message = GetObject(*object, "messageSignature"))
      encoded = GetString(*message, "signature");
  if (!encoded)
    return Malformed(
        "neither mediaType nor base64Signature nor messageSignature.signature in the JSON");
  material.kind = MaterialKind::kSignature;
  material.text = Trimmed(*encoded);
  return material;
}

}  // namespace powernode::verify
