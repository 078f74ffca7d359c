#include "agent/base/peer_certificate.h"

#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include <array>

#include "agent/base/clock.h"

namespace powernode {
namespace {

constexpr std::uint32_t kDateFlags = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;

std::int64_t ToUnix(const mbedtls_x509_time& time) {
  return UnixFromUtc(time.year, time.mon, time.day, time.hour, time.min, time.sec);
}

int Watch(void* context, mbedtls_x509_crt* certificate, int, std::uint32_t* flags) {
  auto* problem = static_cast<PeerCertificateProblem*>(context);
  const std::int64_t from = ToUnix(certificate->valid_from);
  const std::int64_t until = ToUnix(certificate->valid_to);
  if (problem->chain_valid_from == 0 || from > problem->chain_valid_from)
    problem->chain_valid_from = from;
  if (problem->chain_valid_until == 0 || until < problem->chain_valid_until)
    problem->chain_valid_until = until;
  if (problem->dates == CertificateDates::kNotJudged) *flags &= ~kDateFlags;
  if (*flags == 0) return 0;
  problem->flags |= *flags;
  std::array<char, 256> subject{};
  if (mbedtls_x509_dn_gets(subject.data(), subject.size(), &certificate->subject) >= 0)
    problem->subject = subject.data();
  problem->not_before = from;
  problem->not_after = until;
  return 0;
}

}  // namespace

std::string_view PeerCertificateProblem::Code() const {
  if ((flags & ~kDateFlags) != 0) return "tls_untrusted";
  return (flags & MBEDTLS_X509_BADCERT_FUTURE) != 0 ? "tls_not_yet_valid" : "tls_expired";
}

std::string PeerCertificateProblem::Describe(std::int64_t now_unix) const {
  std::string text = "certificate \"" + subject + "\"";
  if ((flags & MBEDTLS_X509_BADCERT_FUTURE) != 0)
    text += " is valid only from " + FormatTime(not_before) + ", and this node's clock says " +
            FormatTime(now_unix);
  if ((flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0)
    text += " expired at " + FormatTime(not_after) + ", and this node's clock says " +
            FormatTime(now_unix);
  if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0) text += " is for another host name";
  if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0)
    text += " was not issued by a certificate authority this node trusts";
  std::array<char, 512> rest{};
  const std::uint32_t described = MBEDTLS_X509_BADCERT_FUTURE | MBEDTLS_X509_BADCERT_EXPIRED |
                                  MBEDTLS_X509_BADCERT_CN_MISMATCH |
                                  MBEDTLS_X509_BADCERT_NOT_TRUSTED;
  if ((flags & ~described) != 0 &&
      mbedtls_x509_crt_verify_info(rest.data(), rest.size(), "; ", flags & ~described) > 0)
    text += rest.data();
  return text;
}

void WatchPeerCertificate(mbedtls_ssl_config* config, PeerCertificateProblem* out) {
  *out = PeerCertificateProblem{.dates = out->dates};
  mbedtls_ssl_conf_verify(config, Watch, out);
}

}  // namespace powernode
