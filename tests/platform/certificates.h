// X.509 as values: a profile says what a certificate shall be, Issue() makes it. Reads certificate
// requests and presented certificates back into the few facts the control plane compares
// (node-api.md §2.1, §2.4).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "tests/platform/clock.h"
#include "tests/platform/openssl.h"

namespace powernode::platform {

enum class CertificateUse { kAuthority, kServer, kClient };

struct CertificateProfile {
  std::string common_name;
  CertificateUse use = CertificateUse::kClient;
  Seconds not_before = 0;
  Seconds not_after = 0;
  std::vector<std::string> dns_names;  // subjectAltName, kServer only
  std::vector<std::string> addresses;  // IPv4 or IPv6, likewise
};

// Who signs. `certificate` is null for a self-signed authority.
struct Issuer {
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
};

Result<Certificate> Issue(const CertificateProfile& profile, EVP_PKEY* subject_key,
                          const Issuer& issuer);

Result<Certificate> CertificateFromPem(std::string_view pem);
Result<std::vector<Certificate>> CertificatesFromPem(std::string_view pem);  // all there are
Result<std::string> CertificatePem(X509* certificate);
Certificate Share(X509* certificate);  // another owner of the same one

// Parses PEM and checks the request's signature over itself (proof of possession).
Result<SigningRequest> RequestFromPem(std::string_view pem);
// Empty when the request is as §2.4 wants it, else what is not: key type, subject, extensions,
// digest.
std::string RequestDeviation(X509_REQ* request);

std::string CommonName(X509* certificate);
std::string SerialHex(X509* certificate);       // lower case
std::string FingerprintHex(X509* certificate);  // SHA-256 of the DER form
Seconds NotAfter(X509* certificate);
Seconds NotBefore(X509* certificate);

}  // namespace powernode::platform
