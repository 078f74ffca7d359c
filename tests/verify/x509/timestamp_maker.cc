#include "tests/verify/x509/timestamp_maker.h"

#include "verify/x509/der.h"
#include "verify/x509/hash.h"

namespace powernode::testing {
namespace {

using namespace verify::x509;

std::string Sequence(const std::string& contents) { return DerEncode(kDerSequence, contents); }
std::string Oid(std::string_view oid) { return DerEncode(kDerOid, oid); }
std::string Integer(std::string_view contents) { return DerEncode(kDerInteger, contents); }
std::string Octets(std::string_view contents) { return DerEncode(kDerOctetString, contents); }
std::string Explicit(unsigned number, const std::string& contents) {
  return DerEncode(DerContextConstructed(number), contents);
}

std::string Sha256(std::string_view bytes) { return Digest(HashAlgorithm::kSha256, bytes); }

std::string TstInfo(const TokenPlan& plan) {
  return Sequence(Integer(plan.tst_version) + Oid("\x2b\x06\x01") +
                  Sequence(Sequence(Oid(plan.imprint_hash)) + Octets(Sha256(plan.signature))) +
                  Integer("\x07") + DerEncode(kDerGeneralizedTime, plan.time) + plan.more_tst);
}

std::string SignerInfo(const TokenPlan& plan, const std::string& content, const Certificate& signer,
                       const SigningKey& key) {
  std::string attributes;
  if (plan.has_content_type)
    attributes += MakeAttribute(kOidContentType, Oid(plan.attribute_content_type));
  if (plan.has_message_digest)
    attributes += MakeAttribute(kOidMessageDigest, Octets(Sha256(content)));
  for (const std::string& attribute : plan.more_attributes) attributes += attribute;
  const std::string signature = key.Sign(Sha256(DerEncode(kDerSet, attributes)));
  return Sequence(Integer(plan.signer_version) +
                  Sequence(std::string(signer.issuer()) + Integer(signer.serial())) +
                  Sequence(Oid(plan.digest_hash)) + Explicit(0, attributes) +
                  Sequence(Oid(plan.algorithm)) + Octets(signature) + plan.behind_signature);
}

}  // namespace

std::string MakeAttribute(std::string_view type, std::string_view value) {
  return Sequence(Oid(type) + DerEncode(kDerSet, value));
}

std::string MakeToken(const TokenPlan& plan, const Certificate& signer, const SigningKey& key) {
  const std::string content = TstInfo(plan);
  std::string certificates;
  for (const Certificate& certificate : plan.certificates) certificates += certificate.der();
  if (!certificates.empty()) certificates = Explicit(0, certificates);
  std::string signers;
  for (unsigned i = 0; i < plan.signers; ++i) signers += SignerInfo(plan, content, signer, key);
  const std::string signed_data =
      Sequence(Integer(plan.signed_data_version) + DerEncode(kDerSet, Sequence(Oid(kOidSha256))) +
               Sequence(Oid(plan.content_type) + Explicit(0, Octets(content))) + certificates +
               plan.behind_certificates + DerEncode(kDerSet, signers));
  return Sequence(Sequence(Integer(plan.status)) +
                  Sequence(Oid(kOidSignedData) + Explicit(0, signed_data)));
}

}  // namespace powernode::testing
