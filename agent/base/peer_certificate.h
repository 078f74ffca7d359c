// Watches mbedTLS judge the peer's certificate chain during a handshake and keeps what the operator
// needs when the judgement is "no". The flags stay as the library set them, save for the dates
// where these are not to be judged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/http.h"

struct mbedtls_ssl_config;

namespace powernode {

struct PeerCertificateProblem {
  std::uint32_t flags = 0;  // MBEDTLS_X509_BADCERT_*; 0: none seen
  std::string subject;
  std::int64_t not_before = 0;  // seconds since 1970
  std::int64_t not_after = 0;
  CertificateDates dates = CertificateDates::kJudged;
  // Of the whole chain, whether there was a problem or not; 0: no certificate was seen.
  std::int64_t chain_valid_from = 0;
  std::int64_t chain_valid_until = 0;

  // "certificate CN=platform is valid from 2026-01-01T00:00:00Z, but this node's clock says
  // 1970-...".
  std::string Describe(std::int64_t now_unix) const;
  // "tls_not_yet_valid" or "tls_expired" when only the dates are wrong, else "tls_untrusted".
  std::string_view Code() const;
};

// Replaces the configuration's verify callback; `out` must outlive the connection, and says before
// it whether dates are judged.
void WatchPeerCertificate(mbedtls_ssl_config* config, PeerCertificateProblem* out);

}  // namespace powernode
