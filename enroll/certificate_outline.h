// The few fields of an X.509 certificate (RFC 5280 §4.1) that are needed to say which algorithm it
// uses, also when the TLS library cannot read it: mbedTLS knows no Ed25519 and reports only
// "unknown algorithm" (EN-14).
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace powernode::enroll {

struct CertificateOutline {
  std::string subject;              // the common name, else the organisation; may be empty
  std::string key_algorithm;        // OID content octets
  std::string signature_algorithm;  // OID content octets

  // By RFC 8410: Ed25519 (1.3.101.112) or Ed448 (1.3.101.113) in the key or the signature.
  bool UsesEdwardsCurve() const;
};

// kInvalid "bad_certificate": not the DER of a certificate.
Result<CertificateOutline> OutlineOf(std::string_view der);

// kUnsupported "ca_algorithm_unsupported" naming the first certificate of the PEM bundle that uses
// an Edwards curve; `bundle` says whose bundle it is.
Status RefuseEdwardsCurves(std::string_view pem, std::string_view bundle);

}  // namespace powernode::enroll
