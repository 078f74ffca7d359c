#include "verify/blob_signature.h"

#include <utility>

#include "agent/base/encoding.h"
#include "agent/base/json.h"

namespace powernode::verify {
namespace {

constexpr std::size_t kMaxText = 1024 * 1024;
constexpr std::size_t kMaxDer = 4096;
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

Result<BlobSignature> ParseBlobSignature(std::string_view text) {
  if (text.size() > kMaxText) return Malformed("longer than 1 MiB");
  text = Trimmed(text);

  std::string from_json;
  std::optional<std::string> keyid;
  if (text.starts_with('{')) {
    const Result<Json> object = ParseJsonObject(text);
    if (!object) return Malformed(object.error().message());
    std::optional<std::string> encoded = GetString(*object, "base64Signature");
    if (!encoded)
      if (const Json* message = GetObject(*object, "messageSignature"))
        encoded = GetString(*message, "signature");
    if (!encoded)
      return Malformed("neither base64Signature nor messageSignature.signature in the JSON");
    keyid = GetString(*object, "keyid");
    from_json = *std::move(encoded);
    text = Trimmed(from_json);
  }

  std::optional<std::string> der = Base64Decode(text);
  if (!der) return Malformed("not base64");
  if (der->empty() || der->size() > kMaxDer)
    return Malformed(std::to_string(der->size()) + " bytes long");
  return BlobSignature{.der = *std::move(der), .keyid = std::move(keyid)};
}

}  // namespace powernode::verify
