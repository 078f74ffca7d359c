// Reading certificates, and the checks one has to pass before it is kept (node-api.md §2.4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/base/secret.h"

namespace powernode::enroll {

struct CertificateFacts {
  std::string common_name;
  std::int64_t not_before = 0;  // seconds since 1970
  std::int64_t not_after = 0;
  std::string serial;       // hex
  std::string fingerprint;  // SHA-256 of the DER, hex
};

// The first certificate of a PEM text. kInvalid "bad_certificate".
Result<CertificateFacts> ReadCertificate(const std::string& pem);

// The key belongs to the certificate, and the certificate names one of the two subjects (the second
// may be empty). What a stored set has to pass (node-files.md K3); dates are not looked at.
// kRefuted "bad_certificate".
Result<CertificateFacts> CheckPair(const std::string& certificate_pem, const Secret& key_pem,
                                   std::string_view instance_id, std::string_view mtls_subject);

struct NewCertificate {
  std::string certificate_pem;
  std::string chain_pem;
  std::string instance_id;
  std::string mtls_subject;  // may be empty
};

// All checks before a certificate is stored: CheckPair, dates against `now_unix` (the message names
// both times), usage, and the chain up to the last certificate of chain_pem. kRefuted
// "bad_certificate"; kUnsupported "ca_algorithm_unsupported" when leaf or chain use an Edwards
// curve.
Result<CertificateFacts> CheckNewCertificate(const NewCertificate& given, const Secret& key_pem,
                                             std::int64_t now_unix);

// The CA bundle can serve as TLS roots: at least one certificate the library reads (kInvalid
// "no_trust_anchor") and none with an Edwards curve (kUnsupported "ca_algorithm_unsupported").
Status CheckTrustRoots(const std::string& ca_pem);

}  // namespace powernode::enroll
