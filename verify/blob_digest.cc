#include "verify/blob_digest.h"

#include <algorithm>
#include <optional>

#include "agent/base/encoding.h"
#include "agent/base/syscalls.h"
#include "verify/quoted.h"
#include "verify/sha256.h"

namespace powernode::verify {
namespace {

constexpr std::string_view kPrefix = "sha256:";

bool HasPrefix(std::string_view text) {
  if (text.size() < kPrefix.size()) return false;
  return std::equal(kPrefix.begin(), kPrefix.end(), text.begin(), [](char want, char got) {
    return want == (got >= 'A' && got <= 'Z' ? static_cast<char>(got - 'A' + 'a') : got);
  });
}

}  // namespace

Result<BlobDigest> BlobDigest::Parse(std::string_view text) {
  const std::string_view digits = HasPrefix(text) ? text.substr(kPrefix.size()) : text;
  Sha256Bytes bytes{};
  const std::optional<std::string> decoded =
      digits.size() == 2 * bytes.size() ? HexDecode(digits) : std::nullopt;
  if (!decoded)
    return Error(ErrorKind::kInvalid, "bad_digest",
                 "not a blob digest (want sha256: and 64 hexadecimal digits): \"" +
                     std::string(text.substr(0, kQuotedAtMost)) + "\"");
  std::transform(decoded->begin(), decoded->end(), bytes.begin(),
                 [](char c) { return static_cast<unsigned char>(c); });
  return BlobDigest(bytes);
}

BlobDigest BlobDigest::Of(std::string_view content) {
  Sha256 hash;
  hash.Update(AsBytes(content));
  return BlobDigest(hash.Finish());
}

std::string BlobDigest::ToString() const { return std::string(kPrefix) + Hex(); }

std::string BlobDigest::Hex() const {
  return HexEncode({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()});
}

std::string BlobDigest::Short() const { return Hex().substr(0, 12); }

}  // namespace powernode::verify
