// Signed certificate timestamps embedded in a certificate (RFC 6962 §3.2, §3.3; signatures.md §9):
// a CT log's promise that the certificate was made public.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "verify/x509/authority.h"
#include "verify/x509/certificate.h"

namespace powernode::verify::x509 {

// Views of the list that was parsed.
struct SignedCertificateTimestamp {
  std::uint8_t version = 0;  // of another than 0 nothing else is read
  std::string_view log_id;   // 32 bytes
  std::uint64_t timestamp_ms = 0;
  std::string_view extensions;
  std::uint8_t hash_algorithm = 0;       // 4: SHA-256
  std::uint8_t signature_algorithm = 0;  // 3: ECDSA, 1: RSA
  std::string_view signature;
};

// The value of the extension: at most 16 SCTs, at least one. kRefuted "sct".
Result<std::vector<SignedCertificateTimestamp>> ParseSctList(std::string_view extension_value);

// TBSCertificate without the SCT extension, all else byte for byte, the lengths above it anew.
// kRefuted "sct": there is no such extension.
Result<std::string> TbsWithoutScts(const Certificate& certificate);

// The bytes that the log signed. `issuer_spki` is the key, as DER, that signed the certificate.
std::string SctSignedBytes(const SignedCertificateTimestamp& sct, std::string_view issuer_spki,
                           std::string_view tbs_without_scts);

// The ids of the distinct logs with a good SCT. kRefuted "sct": fewer than `threshold`, or a
// malformed list; kCannotTell "sct": fewer, and a log's key is of a kind that is not supported.
Result<std::vector<std::string>> VerifyScts(const Certificate& leaf, const Certificate& issuer,
                                            std::span<const LogKey> logs, std::size_t threshold);

}  // namespace powernode::verify::x509
