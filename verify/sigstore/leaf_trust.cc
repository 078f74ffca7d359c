#include "verify/sigstore/leaf_trust.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "agent/base/encoding.h"
#include "agent/base/printable.h"
#include "verify/sigstore/refusal.h"
#include "verify/x509/certificate_path.h"
#include "verify/x509/fulcio_identity.h"
#include "verify/x509/oids.h"
#include "verify/x509/sct.h"

namespace powernode::verify::sigstore {
namespace {

constexpr std::size_t kIdentityQuotedAtMost = 200;  // a workflow's address is long

std::vector<x509::Instant> TimesOf(const Facts& facts) {
  std::vector<x509::Instant> times;
  for (const TrustedTime& trusted : facts.times) times.push_back(trusted.time);
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

Status CheckIdentity(const x509::Certificate& leaf, const Requirements& requirements,
                     Facts& facts) {
  ASSIGN_OR_RETURN(x509::FulcioIdentity found, x509::ReadFulcioIdentity(leaf));
  const bool accepted = std::any_of(
      requirements.identities.begin(), requirements.identities.end(),
      [&](const IdentityRule& rule) { return rule.Accepts(found.subject, found.issuer); });
  if (!accepted)
    return Wrong(stage::kIdentity,
                 "identity: \"" + Printable(found.subject.substr(0, kIdentityQuotedAtMost)) +
                     "\", for whom \"" + Printable(found.issuer.substr(0, kIdentityQuotedAtMost)) +
                     "\" vouches, is not one that the policy accepts");
  facts.identity = SigningIdentity{.san = std::move(found.subject),
                                   .issuer = std::move(found.issuer),
                                   .claims = std::move(found.claims)};
  return Ok();
}

}  // namespace

Result<x509::Certificate> ReadLeaf(std::string_view der) {
  ASSIGN_OR_RETURN(x509::Certificate leaf, x509::Certificate::Parse(der));
  RETURN_IF_ERROR(x509::CheckLeaf(leaf));
  return leaf;
}

Status CheckLeafTrust(const x509::Certificate& leaf, const Requirements& requirements,
                      Facts& facts) {
  const TrustedRoot& root = *requirements.trusted_root;
  const std::vector<x509::Instant> times = TimesOf(facts);
  if (times.empty()) return Wrong(stage::kTime, "no signed time to hold the certificate against");
  RETURN_IF_ERROR(x509::CheckCodeSigningUsage(leaf));
  ASSIGN_OR_RETURN(
      const x509::Certificate issuer,
      x509::VerifyPath(leaf, root.certificate_authorities, times, x509::kOidCodeSigning));

  ASSIGN_OR_RETURN(const std::vector<std::string> ct_logs,
                   x509::VerifyScts(leaf, issuer, root.ct_logs, requirements.sct_threshold));
  for (const std::string& id : ct_logs) facts.ct_logs.push_back(HexEncode(id));
  return CheckIdentity(leaf, requirements, facts);
}

}  // namespace powernode::verify::sigstore
