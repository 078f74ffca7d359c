#include "enroll/bearer.h"

#include <algorithm>
#include <string>

#include "agent/base/encoding.h"
#include "agent/base/json.h"

namespace powernode::enroll {
namespace {

constexpr std::size_t kMaxBytes = 6 * 1024;  // of the 8 KiB that all headers may have

bool IsTokenCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
         c == '_' || c == '.';
}

// RFC 4648 §5, without padding.
std::optional<std::string> Base64UrlDecode(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return Base64Decode(text);
}

}  // namespace

std::optional<Bearer> ReadBearer(std::string_view text) {
  if (text.size() > kMaxBytes || !std::all_of(text.begin(), text.end(), IsTokenCharacter))
    return std::nullopt;
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::optional<std::string> payload =
      Base64UrlDecode(std::string(text.substr(first + 1, second - first - 1)));
  if (!payload) return std::nullopt;
  const Result<Json> claims = ParseJsonObject(*payload);
  if (!claims) return std::nullopt;
  const std::optional<std::int64_t> expires_at = GetInt(*claims, "exp");
  const std::int64_t issued_at = GetInt(*claims, "iat").value_or(0);
  if (!expires_at || issued_at < 0 || *expires_at <= issued_at) return std::nullopt;
  return Bearer{
      .token = Secret(std::string(text)), .issued_at = issued_at, .expires_at = *expires_at};
}

}  // namespace powernode::enroll
