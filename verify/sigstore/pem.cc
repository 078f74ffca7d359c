#include "verify/sigstore/pem.h"

#include <utility>

#include "agent/base/encoding.h"

namespace powernode::verify::sigstore {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool TakeLineBreak(std::string_view& text) {
  return TakePrefix(text, "\n") || TakePrefix(text, "\r\n");
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

std::optional<PemBlock> ReadPem(std::string_view text) {
  text = Trimmed(text);
  if (!TakePrefix(text, kBegin)) return std::nullopt;
  const std::size_t label_end = text.find(kDashes);
  if (label_end == std::string_view::npos) return std::nullopt;
  const std::string label(text.substr(0, label_end));
  if (label.empty() || label.find_first_of("\r\n") != std::string::npos) return std::nullopt;
  text.remove_prefix(label_end + kDashes.size());
  if (!TakeLineBreak(text)) return std::nullopt;

  const std::string end = std::string(kEnd) + label + std::string(kDashes);
  std::string digits;
  while (text != end) {
    const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
    digits += line;
    text.remove_prefix(line.size());
    if (line.empty() || !TakeLineBreak(text)) return std::nullopt;
  }
  std::optional<std::string> der = Base64Decode(digits);
  if (!der || der->empty()) return std::nullopt;
  return PemBlock{.label = label, .der = *std::move(der)};
}

std::optional<std::string> ReadPem(std::string_view text, std::string_view label) {
  std::optional<PemBlock> block = ReadPem(text);
  if (!block || block->label != label) return std::nullopt;
  return std::move(block->der);
}

}  // namespace powernode::verify::sigstore
