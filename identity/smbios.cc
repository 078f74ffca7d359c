#include "identity/smbios.h"

#include <optional>

#include "agent/base/encoding.h"

namespace powernode::identity {
namespace {

constexpr unsigned char kOemStrings = 11;
constexpr std::size_t kHeaderSize = 4;
constexpr std::string_view kText = "io.systemd.credential:";
constexpr std::string_view kBinary = "io.systemd.credential.binary:";

unsigned char ByteAt(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> SmbiosCredentials(std::string_view structure) {
  std::vector<std::pair<std::string, std::string>> out;
  if (structure.size() < kHeaderSize || ByteAt(structure, 0) != kOemStrings) return out;
  const std::size_t formatted = ByteAt(structure, 1);  // the strings follow it
  if (formatted < kHeaderSize || formatted > structure.size()) return out;
  std::string_view rest = structure.substr(formatted);
  while (!rest.empty() && rest.front() != '\0') {  // an empty string ends the set
    const std::size_t end = rest.find('\0');
    std::string_view text = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const bool binary = text.starts_with(kBinary);
    if (!binary && !text.starts_with(kText)) continue;
    text.remove_prefix(binary ? kBinary.size() : kText.size());
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    std::optional<std::string> value(text.substr(equals + 1));
    if (binary) value = Base64DecodeLines(*value);
    if (value) out.emplace_back(text.substr(0, equals), *std::move(value));
  }
  return out;
}

}  // namespace powernode::identity
