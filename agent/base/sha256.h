// SHA-256 (FIPS 180-4) of short texts, by the library that TLS needs anyway. Files and downloads
// are for verify/sha256.h, which is about ten times as fast.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace powernode {

using Sha256Bytes = std::array<unsigned char, 32>;

Sha256Bytes Sha256Of(std::string_view text);
std::string Sha256Hex(std::string_view text);

}  // namespace powernode
