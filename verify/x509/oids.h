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

// Hashes and signatures (RFC 5754, RFC 5758, RFC 4055).
inline constexpr std::string_view kOidSha256 = "\x60\x86\x48\x01\x65\x03\x04\x02\x01";
inline constexpr std::string_view kOidSha384 = "\x60\x86\x48\x01\x65\x03\x04\x02\x02";
inline constexpr std::string_view kOidSha512 = "\x60\x86\x48\x01\x65\x03\x04\x02\x03";
inline constexpr std::string_view kOidEcdsaSha256 = "\x2a\x86\x48\xce\x3d\x04\x03\x02";
inline constexpr std::string_view kOidEcdsaSha384 = "\x2a\x86\x48\xce\x3d\x04\x03\x03";
inline constexpr std::string_view kOidEcdsaSha512 = "\x2a\x86\x48\xce\x3d\x04\x03\x04";
inline constexpr std::string_view kOidRsaSha256 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b";
inline constexpr std::string_view kOidRsaSha384 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c";
inline constexpr std::string_view kOidRsaSha512 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d";

// Certificate extensions (RFC 5280 §4.2.1, RFC 6962 §3.3) and key purposes.
inline constexpr std::string_view kOidKeyUsage = "\x55\x1d\x0f";
inline constexpr std::string_view kOidSubjectAltName = "\x55\x1d\x11";
inline constexpr std::string_view kOidBasicConstraints = "\x55\x1d\x13";
inline constexpr std::string_view kOidNameConstraints = "\x55\x1d\x1e";
inline constexpr std::string_view kOidExtendedKeyUsage = "\x55\x1d\x25";
inline constexpr std::string_view kOidSctList = "\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02";
inline constexpr std::string_view kOidAnyPurpose("\x55\x1d\x25\x00", 4);
inline constexpr std::string_view kOidCodeSigning = "\x2b\x06\x01\x05\x05\x07\x03\x03";
inline constexpr std::string_view kOidTimeStamping = "\x2b\x06\x01\x05\x05\x07\x03\x08";
// Fulcio's claims are this and one number more: 1.3.6.1.4.1.57264.1.
inline constexpr std::string_view kOidFulcio = "\x2b\x06\x01\x04\x01\x83\xbf\x30\x01";

// CMS and timestamps (RFC 5652, RFC 3161, RFC 5816).
inline constexpr std::string_view kOidSignedData = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
inline constexpr std::string_view kOidTstInfo = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04";
inline constexpr std::string_view kOidContentType = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
inline constexpr std::string_view kOidMessageDigest = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04";
inline constexpr std::string_view kOidSigningCertificateV2 =
    "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f";

}  // namespace powernode::verify::x509
