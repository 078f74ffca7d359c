// The object identifiers that verification knows, as the contents of their DER encoding.
#pragma once

#include <string_view>

namespace powernode::verify::x509 {

// Keys and curves (RFC 5480, RFC 8017, RFC 8410).
inline constexpr std::string_view kOidEcPublicKey = "\x2a\x86\x48\xce\x3d\x02\x01";
inline constexpr std::string_view kOidP256 = "\x2a\x86\x48\xce\x3d\x03\x01\x07";
inline constexpr std::string_view kOidP384("\x2b\x81\x04\x00\x22", 5);
inline constexpr std::string_view kOidP521("\x2b\x81\x04\x00\x23", 5);
inline constexpr std::string_view kOidRsaEncryption = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
inline constexpr std::string_view kOidEd25519 = "\x2b\x65\x70";

}  // namespace powernode::verify::x509
