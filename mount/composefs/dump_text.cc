#include "mount/composefs/dump_text.h"

#include <charconv>

#include "agent/base/encoding.h"
#include "mount/composefs/tree_rules.h"

namespace powernode::mount::composefs {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

Error BadEscape(std::string_view escape) {
  return Error(ErrorKind::kInvalid, "bad_dump",
               Quoted(escape) + R"( is no escape; there are \\, \n, \r, \t and \xHH)");
}

bool IsPlain(char c) { return c > 0x20 && c < 0x7f && c != '\\'; }

}  // namespace

Result<std::string> UnescapeDump(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  while (true) {
    const std::size_t backslash = text.find('\\');
    bytes += text.substr(0, backslash);
    if (backslash == std::string_view::npos) return bytes;
    text.remove_prefix(backslash);
    std::size_t length = 2;
    switch (text.size() > 1 ? text[1] : '\0') {
      case '\\':
        bytes += '\\';
        break;
      case 'n':
        bytes += '\n';
        break;
      case 'r':
        bytes += '\r';
        break;
      case 't':
        bytes += '\t';
        break;
      case 'x': {
        length = 4;
        const std::optional<std::string> byte = HexDecode(text.substr(2, 2));
        if (!byte || byte->size() != 1) return BadEscape(text.substr(0, length));
        bytes += *byte;
        break;
      }
      default:
        return BadEscape(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
}

void AppendEscaped(std::string& out, std::string_view bytes, EqualsSign equals) {
  for (const char c : bytes) {
    if (IsPlain(c) && (c != '=' || equals == EqualsSign::kPlain)) {
      out += c;
      continue;
    }
    out += '\\';
    switch (c) {
      case '\\':
        out += '\\';
        break;
      case '\n':
        out += 'n';
        break;
      case '\r':
        out += 'r';
        break;
      case '\t':
        out += 't';
        break;
      default:
        out += 'x';
        out += kHexDigits[static_cast<unsigned char>(c) >> 4];
        out += kHexDigits[static_cast<unsigned char>(c) & 15];
    }
  }
}

std::optional<std::uint64_t> DumpNumber(std::string_view text, unsigned base) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, static_cast<int>(base));
  if (error != std::errc() || rest != end) return std::nullopt;
  return value;
}

}  // namespace powernode::mount::composefs
