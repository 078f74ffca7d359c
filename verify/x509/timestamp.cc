#include "verify/x509/timestamp.h"

#include <algorithm>
#include <utility>

#include "verify/x509/certificate_path.h"
#include "verify/x509/der.h"
#include "verify/x509/oids.h"
#include "verify/x509/refusal.h"
#include "verify/x509/timestamp_token.h"

namespace powernode::verify::x509 {
namespace {

Error Unfit(std::string_view why) { return Wrong(kStageTime, "timestamp: " + std::string(why)); }

bool IsNamedBy(const TimestampToken& token, const Certificate& certificate) {
  return certificate.issuer() == token.signer_issuer && certificate.serial() == token.signer_serial;
}

// Of the certificates in the token the one that its signer info names, wherever it stands. A first
// one that is not, however fit, is of no interest (CVE-2026-39984, CVE-2025-52556).
Result<std::optional<Certificate>> FindInToken(const TimestampToken& token) {
  if (!token.certificates) return std::optional<Certificate>();
  std::optional<Certificate> named;
  for (DerReader reader(*token.certificates); !reader.AtEnd();) {
    ASSIGN_OR_RETURN(const DerElement element, reader.Read(kDerSequence));
    ASSIGN_OR_RETURN(Certificate certificate, Certificate::Parse(element.encoding));
    if (!named && IsNamedBy(token, certificate)) named = std::move(certificate);
  }
  return named;
}

// The signer, if the token is of this authority: its own first certificate where that is not a CA,
// else the token's, if one of the authority's could have issued it.
Result<std::optional<Certificate>> FindSigner(const TimestampToken& token,
                                              const Authority& authority) {
  const Certificate& first = authority.chain().front();
  if (!first.is_ca()) return IsNamedBy(token, first) ? std::optional(first) : std::nullopt;
  ASSIGN_OR_RETURN(std::optional<Certificate> signer, FindInToken(token));
  const auto chain = authority.chain();
  if (!signer || std::none_of(chain.begin(), chain.end(), [&](const Certificate& issuer) {
        return issuer.subject() == signer->issuer();
      }))
    return std::optional<Certificate>();
  return signer;
}

Status CheckSignerProfile(const Certificate& signer) {
  if (signer.is_ca()) return Unfit("its signer is a CA");
  const Extension* usage = signer.FindExtension(kOidExtendedKeyUsage);
  if (usage == nullptr || !usage->critical || signer.purposes().size() != 1 ||
      !signer.HasPurpose(kOidTimeStamping))
    return Unfit("its signer is not for timestamps alone");
  return signer.CheckCriticalExtensions();
}

Status CheckDigests(const TimestampToken& token, const Certificate& signer,
                    std::string_view signature) {
  if (token.imprint != Digest(token.imprint_hash, signature))
    return Unfit("it is of another signature");
  if (token.content_digest != Digest(token.digest_hash, token.content))
    return Unfit("its content is not what was signed");
  if (token.signer_digest && *token.signer_digest != Digest(token.signer_digest_hash, signer.der()))
    return Unfit("it names another certificate as its signer's");
  return Ok();
}

Status CheckBy(const TimestampToken& token, const Certificate& signer, const Authority& authority,
               std::string_view signature) {
  if (!authority.valid_for().Contains(token.time))
    return Unfit("its authority was not trusted at that time");
  RETURN_IF_ERROR(CheckSignerProfile(signer));
  RETURN_IF_ERROR(CheckDigests(token, signer, signature));
  RETURN_IF_ERROR(FindPath(signer, authority, token.time, kOidTimeStamping));
  if (!signer.public_key()) return signer.public_key().error();
  // What is signed is a SET OF in its own right; inside the token its tag is [0] (RFC 5652 §5.4).
  if (!VerifyWith(token.algorithm, *signer.public_key(),
                  DerEncode(kDerSet, token.signed_attributes), token.signature))
    return Unfit("the signature is not its signer's");
  return Ok();
}

}  // namespace

Result<std::optional<VerifiedTimestamp>> VerifyTimestamp(std::string_view der,
                                                         std::string_view signature,
                                                         std::span<const Authority> authorities) {
  ASSIGN_OR_RETURN(const TimestampToken token, ParseTimestampToken(der));
  std::optional<Error> refusal;
  for (std::size_t i = 0; i < authorities.size(); ++i) {
    const Result<std::optional<Certificate>> signer = FindSigner(token, authorities[i]);
    if (!signer) return At(kStageTime, signer.error()).WithContext("timestamp");
    if (!*signer) continue;
    const Status held = CheckBy(token, **signer, authorities[i], signature);
    if (held) return std::optional(VerifiedTimestamp{.time = token.time, .authority = i});
    if (!refusal || held.error().kind() == ErrorKind::kCannotTell)
      refusal = At(kStageTime, held.error());
  }
  if (refusal) return *std::move(refusal);
  return std::optional<VerifiedTimestamp>();
}

}  // namespace powernode::verify::x509
