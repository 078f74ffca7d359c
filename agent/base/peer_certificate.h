// Watches mbedTLS judge the peer's certificate chain during a handshake and keeps what the operator
// needs when the judgement is "no". It judges nothing itself: the flags stay as the library set
// them.
#pragma once

#include <cstdint>
#include <string>

struct mbedtls_ssl_config;

namespace powernode {

struct PeerCertificateProblem {
  std::uint32_t flags = 0;  // MBEDTLS_X509_BADCERT_*; 0: none seen
  std::string subject;
  std::int64_t not_before = 0;  // seconds since 1970
  std::int64_t not_after = 0;

  // "certificate CN=platform is valid from 2026-01-01T00:00:00Z, but this node's clock says
  // 1970-...".
  std::string Describe(std::int64_t now_unix) const;
  bool IsClock() const;  // only the dates are wrong
};

// Replaces the configuration's verify callback; `out` must outlive the connection.
void WatchPeerCertificate(mbedtls_ssl_config* config, PeerCertificateProblem* out);

}  // namespace powernode
