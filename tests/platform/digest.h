// SHA-256, HMAC-SHA-256, secret comparison and the URL-safe base64 of tokens.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace powernode::platform {

std::string Sha256Hex(std::string_view bytes);
// Streams the file through a 1 MiB buffer.
Result<std::string> Sha256HexOfFile(const std::string& path);

std::string HmacSha256(std::string_view key, std::string_view message);  // 32 raw bytes

// Takes the same time for every wrong value of the right length.
bool SameSecret(std::string_view a, std::string_view b);

std::string Base64Url(std::string_view bytes);  // RFC 4648 §5, no padding
std::optional<std::string> Base64UrlDecode(std::string_view text);

// 32 random bytes as URL-safe base64: a bootstrap token, a lease, a control secret.
std::string RandomToken();

}  // namespace powernode::platform
