// CA bundles as text (RFC 7468): the certificates are taken out, counted and re-written in one
// form; whatever stands around them is dropped. What a certificate says is not read here; enroll/
// does that.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace powernode::identity {

constexpr std::size_t kMaxCaBytes = 256 * 1024;
constexpr std::size_t kMaxCaCertificates = 32;

struct CaText {
  std::string pem;                    // empty when nothing usable was in it
  std::vector<std::string> problems;  // one a member that was dropped
};

CaText ReadCaText(std::string_view text);

// One DER certificate as PEM.
std::string PemOfCertificate(std::string_view der);

// The DER bytes of each certificate in a PEM text, in order; what does not decode is left out.
std::vector<std::string> DerOfCertificates(std::string_view pem);

}  // namespace powernode::identity
