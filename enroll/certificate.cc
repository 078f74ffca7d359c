#include "enroll/certificate.h"

#include <mbedtls/oid.h>

#include <cstring>  // MBEDTLS_OID_CMP

#include "agent/base/clock.h"
#include "agent/base/encoding.h"
#include "agent/base/sha256.h"
#include "enroll/certificate_outline.h"
#include "enroll/mbedtls_objects.h"
#include "identity/ca_text.h"

namespace powernode::enroll {
namespace {

constexpr std::int64_t kClockTolerance =
    5 * 60;  // node-api.md §2.4: notBefore is back-dated by as much

Error Bad(std::string text) {
  return Error(ErrorKind::kRefuted, "bad_certificate", "certificate: " + std::move(text));
}

std::string_view View(const mbedtls_x509_buf& buffer) {
  return {reinterpret_cast<const char*>(buffer.p), buffer.len};
}

std::int64_t ToUnix(const mbedtls_x509_time& time) {
  return UnixFromUtc(time.year, time.mon, time.day, time.hour, time.min, time.sec);
}

// 0, or the library's error; a list of which only some members parse is an error here.
int Append(MbedCertificates& list, const std::string& pem) {
  return mbedtls_x509_crt_parse(&list.value, reinterpret_cast<const unsigned char*>(pem.c_str()),
                                pem.size() + 1);
}

CertificateFacts FactsOf(const mbedtls_x509_crt& certificate) {
  CertificateFacts facts;
  for (const mbedtls_x509_name* name = &certificate.subject; name != nullptr; name = name->next)
    if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &name->oid) == 0) facts.common_name = View(name->val);
  facts.not_before = ToUnix(certificate.valid_from);
  facts.not_after = ToUnix(certificate.valid_to);
  facts.serial = HexEncode(View(certificate.serial));
  facts.fingerprint = Sha256Hex(View(certificate.raw));
  return facts;
}

Result<CertificateFacts> FactsOfPair(MbedCertificates& leaf, const Secret& key_pem,
                                     std::string_view instance_id, std::string_view mtls_subject) {
  MbedKey key;
  if (const int code = ParsePrivateKey(key, key_pem); code != 0)
    return Bad("private key: " + MbedText(code));
  if (mbedtls_pk_check_pair(&leaf.value.pk, &key.value, MbedRandom, nullptr) != 0)
    return Bad("it is for another key than this node's");
  CertificateFacts facts = FactsOf(leaf.value);
  const bool named = facts.common_name == instance_id ||
                     (!mtls_subject.empty() && facts.common_name == mtls_subject);
  if (!named)
    return Bad("it is for \"" + facts.common_name + "\", and this node is \"" +
               std::string(instance_id) + "\"");
  return facts;
}

Status CheckUsage(const mbedtls_x509_crt& leaf) {
  if (mbedtls_x509_crt_check_key_usage(&leaf, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0)
    return Bad("its key usage does not allow signatures");
  if (mbedtls_x509_crt_check_extended_key_usage(&leaf, MBEDTLS_OID_CLIENT_AUTH,
                                                MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH)) != 0)
    return Bad("its extended key usage does not allow client authentication");
  return Ok();
}

Status CheckDates(const CertificateFacts& facts, std::int64_t now_unix) {
  const std::string clock = ", and this node's clock says " + FormatTime(now_unix);
  if (now_unix < facts.not_before - kClockTolerance)
    return Bad("it is valid only from " + FormatTime(facts.not_before) + clock);
  if (now_unix > facts.not_after)
    return Bad("it expired at " + FormatTime(facts.not_after) + clock);
  return Ok();
}

// The anchor is the last certificate of the chain; what stands before it may lead there. Dates are
// judged by CheckDates with the caller's clock, so the library's own opinion of them is left out.
Status CheckChain(const std::string& leaf_pem, const std::string& chain_pem) {
  const std::vector<std::string> chain = identity::DerOfCertificates(chain_pem);
  if (chain.empty()) return Bad("the platform sent no issuing chain with it");
  MbedCertificates path;
  MbedCertificates anchor;
  if (const int code = Append(path, leaf_pem); code != 0) return Bad(MbedText(code));
  for (std::size_t i = 0; i < chain.size(); ++i) {
    MbedCertificates& list = i + 1 == chain.size() ? anchor : path;
    const int code = mbedtls_x509_crt_parse_der(
        &list.value, reinterpret_cast<const unsigned char*>(chain[i].data()), chain[i].size());
    if (code != 0) return Bad("issuing chain: " + MbedText(code));
  }
  std::uint32_t flags = 0;
  const int code = mbedtls_x509_crt_verify(&path.value, &anchor.value, nullptr, nullptr, &flags,
                                           nullptr, nullptr);
  flags &= ~static_cast<std::uint32_t>(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
  if (flags == 0 && (code == 0 || code == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED)) return Ok();
  return Bad("the issuing chain sent with it did not issue it");
}

}  // namespace

Result<CertificateFacts> ReadCertificate(const std::string& pem) {
  MbedCertificates list;
  if (const int code = Append(list, pem); code != 0)
    return Error(ErrorKind::kInvalid, "bad_certificate", "certificate: " + MbedText(code));
  return FactsOf(list.value);
}

Result<CertificateFacts> CheckPair(const std::string& certificate_pem, const Secret& key_pem,
                                   std::string_view instance_id, std::string_view mtls_subject) {
  MbedCertificates leaf;
  if (const int code = Append(leaf, certificate_pem); code != 0) return Bad(MbedText(code));
  return FactsOfPair(leaf, key_pem, instance_id, mtls_subject);
}

Result<CertificateFacts> CheckNewCertificate(const NewCertificate& given, const Secret& key_pem,
                                             std::int64_t now_unix) {
  RETURN_IF_ERROR(RefuseEdwardsCurves(given.certificate_pem, "this node's new certificate"));
  RETURN_IF_ERROR(RefuseEdwardsCurves(given.chain_pem, "the chain of this node's new certificate"));
  MbedCertificates leaf;
  if (const int code = Append(leaf, given.certificate_pem); code != 0) return Bad(MbedText(code));
  ASSIGN_OR_RETURN(CertificateFacts facts,
                   FactsOfPair(leaf, key_pem, given.instance_id, given.mtls_subject));
  RETURN_IF_ERROR(CheckUsage(leaf.value));
  RETURN_IF_ERROR(CheckDates(facts, now_unix));
  RETURN_IF_ERROR(CheckChain(given.certificate_pem, given.chain_pem));
  return facts;
}

Status CheckTrustRoots(const std::string& ca_pem) {
  RETURN_IF_ERROR(RefuseEdwardsCurves(ca_pem, "platform CA"));
  std::string problem = "no certificate in it";
  for (const std::string& der : identity::DerOfCertificates(ca_pem)) {
    MbedCertificates list;
    const int code = mbedtls_x509_crt_parse_der(
        &list.value, reinterpret_cast<const unsigned char*>(der.data()), der.size());
    if (code == 0) return Ok();
    problem = MbedText(code);
  }
  return Error(ErrorKind::kInvalid, "no_trust_anchor",
               "platform CA: no certificate can be used: " + problem);
}

}  // namespace powernode::enroll
