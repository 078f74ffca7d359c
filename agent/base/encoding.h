// Hexadecimal and base64 (RFC 4648 §4, padded), as functions from text to text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace powernode {

std::string HexEncode(std::string_view bytes);
// Upper or lower case; nullopt when the length is odd or a character is not a digit.
std::optional<std::string> HexDecode(std::string_view text);

std::string Base64Encode(std::string_view bytes);
// Strict: padding required, no white space, unused bits zero. nullopt otherwise.
std::optional<std::string> Base64Decode(std::string_view text);
// As above, but white space anywhere counts for nothing: base64 that was wrapped into lines.
std::optional<std::string> Base64DecodeLines(std::string_view text);

// True for exactly `length` lower-case hexadecimal digits.
bool IsLowerHex(std::string_view text, std::size_t length);

}  // namespace powernode
