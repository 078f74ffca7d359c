// Certificates as a test wants them, of P-256 keys, signed with SHA-256.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/verify/x509/signing_key.h"
#include "verify/x509/certificate.h"

namespace powernode::testing {

// The DER of an Extension.
std::string MakeExtension(std::string_view oid, bool critical, std::string_view value);

struct CertificatePlan {
  std::string subject = "leaf";
  std::string issuer = "root";
  std::string not_before = "260101000000Z";  // UTCTime; with 15 characters GeneralizedTime
  std::string not_after = "271231235959Z";
  std::string serial = "\x01";
  std::optional<bool> is_ca;
  std::optional<std::uint8_t> path_length;
  std::optional<std::uint8_t> key_usage;  // 0x80 digitalSignature, 0x04 keyCertSign
  std::vector<std::string_view> purposes;
  std::vector<std::string> more_extensions;  // DER
  std::string spki;                          // in place of the key's

  static CertificatePlan Authority(std::string subject, std::string issuer) {
    return {.subject = std::move(subject),
            .issuer = std::move(issuer),
            .is_ca = true,
            .key_usage = 0x04};
  }
};

std::string MakeCertificateDer(const CertificatePlan& plan, const SigningKey& key,
                               const SigningKey& issuer);
// The same, read.
verify::x509::Certificate MakeCertificate(const CertificatePlan& plan, const SigningKey& key,
                                          const SigningKey& issuer);

}  // namespace powernode::testing
