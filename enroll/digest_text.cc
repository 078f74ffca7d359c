#include "enroll/digest_text.h"

#include "agent/base/encoding.h"
#include "enroll/answer.h"

namespace powernode::enroll {
namespace {

constexpr std::string_view kAlgorithm = "sha256:";
constexpr std::size_t kHexDigits = 64;

}  // namespace

Result<std::string> ParseDigest(std::string_view text) {
  std::string_view hex = text;
  if (hex.starts_with(kAlgorithm)) hex.remove_prefix(kAlgorithm.size());
  const std::optional<std::string> bytes = HexDecode(hex);
  if (!bytes || hex.size() != kHexDigits)
    return Error(ErrorKind::kInvalid, "digest_unsupported",
                 "digest \"" + PrintableText(text) + "\" is not sha256:<64 hexadecimal digits>");
  return HexEncode(*bytes);
}

}  // namespace powernode::enroll
