#include "verify/sigstore/detached_signature.h"

#include <optional>

#include "agent/base/encoding.h"
#include "verify/sigstore/refusal.h"

namespace powernode::verify::sigstore {
namespace {

constexpr std::size_t kMaxText = 16 * 1024;  // RSA-8192 makes 1,368 characters

}  // namespace

Result<std::string> ParseDetachedSignature(std::string_view text) {
  if (text.size() > kMaxText) return Wrong(stage::kParse, "signature: longer than 16 KiB");
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::optional<std::string> bytes = Base64Decode(text);
  if (!bytes || bytes->empty()) return Wrong(stage::kParse, "signature: not canonical base64");
  return *std::move(bytes);
}

}  // namespace powernode::verify::sigstore
