// RFC 3161 timestamps: a TimeStampResp that holds CMS SignedData (RFC 5652) over a TSTInfo, taken
// apart (signatures.md §11, rows 1 to 7). Every tag on the way is checked, also where no signature
// covers it. Nothing is verified here: see timestamp.h. Errors have the code "time".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "verify/x509/hash.h"
#include "verify/x509/instant.h"
#include "verify/x509/signature_algorithm.h"

namespace powernode::verify::x509 {

// Views of the bytes that were parsed.
struct TimestampToken {
  std::string_view content;  // TSTInfo
  HashAlgorithm imprint_hash = HashAlgorithm::kSha256;
  std::string_view imprint;
  Instant time;

  std::optional<std::string_view> certificates;  // the contents of the set, not looked into
  std::string_view signer_issuer;                // the encoding of the Name
  std::string_view signer_serial;
  HashAlgorithm digest_hash = HashAlgorithm::kSha256;
  std::string_view signed_attributes;  // the contents, without their tag [0]
  std::string_view content_digest;     // the messageDigest attribute
  // The first hash of signingCertificateV2, if there is one.
  std::optional<std::string_view> signer_digest;
  HashAlgorithm signer_digest_hash = HashAlgorithm::kSha256;
  SignatureAlgorithm algorithm;
  std::string_view signature;
};

// At most 64 KiB. kRefuted: malformed, or not granted; kCannotTell: a hash or signature algorithm
// that is not supported, SHA-1 among them.
Result<TimestampToken> ParseTimestampToken(std::string_view der);

}  // namespace powernode::verify::x509
