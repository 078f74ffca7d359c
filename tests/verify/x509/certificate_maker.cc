#include "tests/verify/x509/certificate_maker.h"

#include <cstdio>
#include <cstdlib>

#include "verify/x509/der.h"
#include "verify/x509/hash.h"
#include "verify/x509/oids.h"

namespace powernode::testing {
namespace {

using namespace verify::x509;

const std::string kAlgorithm = DerEncode(kDerSequence, DerEncode(kDerOid, kOidEcdsaSha256));

std::string BitString(std::string_view bytes) {
  return DerEncode(kDerBitString, std::string(1, '\0').append(bytes));
}

std::string Name(std::string_view common_name) {
  const std::string attribute =
      DerEncode(kDerOid, "\x55\x04\x03") + DerEncode(kDerUtf8String, common_name);
  return DerEncode(kDerSequence, DerEncode(kDerSet, DerEncode(kDerSequence, attribute)));
}

std::string Time(const std::string& text) {
  return DerEncode(text.size() == 15 ? kDerGeneralizedTime : kDerUtcTime, text);
}

std::string Spki(const SigningKey& key) {
  return DerEncode(kDerSequence, DerEncode(kDerSequence, DerEncode(kDerOid, kOidEcPublicKey) +
                                                             DerEncode(kDerOid, kOidP256)) +
                                     BitString(key.point()));
}

std::string Extensions(const CertificatePlan& plan) {
  std::string all;
  if (plan.is_ca) {
    std::string constraints = *plan.is_ca ? DerEncode(kDerBoolean, "\xff") : "";
    if (plan.path_length)
      constraints += DerEncode(kDerInteger, std::string(1, static_cast<char>(*plan.path_length)));
    all += MakeExtension(kOidBasicConstraints, true, DerEncode(kDerSequence, constraints));
  }
  if (plan.key_usage)
    all += MakeExtension(kOidKeyUsage, true,
                         BitString(std::string(1, static_cast<char>(*plan.key_usage))));
  if (!plan.purposes.empty()) {
    std::string oids;
    for (const std::string_view purpose : plan.purposes) oids += DerEncode(kDerOid, purpose);
    all += MakeExtension(kOidExtendedKeyUsage, false, DerEncode(kDerSequence, oids));
  }
  for (const std::string& extension : plan.more_extensions) all += extension;
  if (all.empty()) return all;
  return DerEncode(DerContextConstructed(3), DerEncode(kDerSequence, all));
}

}  // namespace

std::string MakeExtension(std::string_view oid, bool critical, std::string_view value) {
  return DerEncode(kDerSequence, DerEncode(kDerOid, oid) +
                                     (critical ? DerEncode(kDerBoolean, "\xff") : "") +
                                     DerEncode(kDerOctetString, value));
}

std::string MakeCertificateDer(const CertificatePlan& plan, const SigningKey& key,
                               const SigningKey& issuer) {
  const std::string tbs = DerEncode(
      kDerSequence, DerEncode(DerContextConstructed(0), DerEncode(kDerInteger, "\x02")) +
                        DerEncode(kDerInteger, plan.serial) + kAlgorithm + Name(plan.issuer) +
                        DerEncode(kDerSequence, Time(plan.not_before) + Time(plan.not_after)) +
                        Name(plan.subject) + (plan.spki.empty() ? Spki(key) : plan.spki) +
                        Extensions(plan));
  const std::string signature = issuer.Sign(Digest(HashAlgorithm::kSha256, tbs));
  return DerEncode(kDerSequence, tbs + kAlgorithm + BitString(signature));
}

Certificate MakeCertificate(const CertificatePlan& plan, const SigningKey& key,
                            const SigningKey& issuer) {
  Result<Certificate> certificate = Certificate::Parse(MakeCertificateDer(plan, key, issuer));
  if (certificate) return *std::move(certificate);
  std::fprintf(stderr, "certificate maker: %s\n", certificate.error().message().c_str());
  std::exit(1);
}

}  // namespace powernode::testing
