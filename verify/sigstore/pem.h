// One PEM block and nothing else (RFC 7468, narrowed by signatures.md, section 1): white space may
// stand around it, nothing else may, and inside of it lines end in LF or CR LF.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace powernode::verify::sigstore {

struct PemBlock {
  std::string label;  // "CERTIFICATE"
  std::string der;
};

// The block, whatever its label; nullopt when there is none, more than one, or text besides.
std::optional<PemBlock> ReadPem(std::string_view text);

// The DER of the one block with this label.
std::optional<std::string> ReadPem(std::string_view text, std::string_view label);

inline constexpr std::string_view kPublicKeyLabel = "PUBLIC KEY";
inline constexpr std::string_view kCertificateLabel = "CERTIFICATE";

}  // namespace powernode::verify::sigstore
