// The three hashes that signatures, log entries and timestamps may use. SHA-1 and MD5 are none of
// them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace powernode::verify::x509 {

enum class HashAlgorithm { kSha256, kSha384, kSha512 };

// The digest as bytes: 32, 48 or 64 of them.
std::string Digest(HashAlgorithm algorithm, std::string_view bytes);
std::size_t DigestSize(HashAlgorithm algorithm);

// "sha256", "sha384", "sha512".
std::string_view HashName(HashAlgorithm algorithm);
std::optional<HashAlgorithm> HashByName(std::string_view name);

}  // namespace powernode::verify::x509
