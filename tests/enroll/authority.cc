#include "tests/enroll/authority.h"

#include <mbedtls/asn1.h>
#include <mbedtls/oid.h>

#include <cstdlib>
#include <string_view>

#include "agent/base/clock.h"
#include "enroll/key.h"
#include "enroll/mbedtls_objects.h"

namespace powernode::enroll::testing {
namespace {

struct Writer {
  mbedtls_x509write_cert value;
  Writer() { mbedtls_x509write_crt_init(&value); }
  ~Writer() { mbedtls_x509write_crt_free(&value); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
};

void Must(int code) {
  if (code < 0) std::abort();
}

// "20260101000000"
std::string Asn1Time(std::int64_t unix_seconds) {
  std::string out;
  for (const char c : FormatTime(unix_seconds))
    if (c >= '0' && c <= '9') out.push_back(c);
  return out;
}

std::string Write(const std::string& subject, const Secret& subject_key, const std::string& issuer,
                  const Secret& issuer_key, const LeafWish& wish, bool is_ca) {
  MbedKey own;
  MbedKey signer;
  Must(ParsePrivateKey(own, subject_key));
  Must(ParsePrivateKey(signer, issuer_key));
  Writer writer;
  unsigned char serial[] = {0x12, 0x34, 0xab};
  mbedtls_x509write_crt_set_version(&writer.value, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(&writer.value, MBEDTLS_MD_SHA256);
  mbedtls_x509write_crt_set_subject_key(&writer.value, &own.value);
  mbedtls_x509write_crt_set_issuer_key(&writer.value, &signer.value);
  Must(mbedtls_x509write_crt_set_subject_name(&writer.value, ("CN=" + subject).c_str()));
  Must(mbedtls_x509write_crt_set_issuer_name(&writer.value, ("CN=" + issuer).c_str()));
  Must(mbedtls_x509write_crt_set_serial_raw(&writer.value, serial, sizeof(serial)));
  Must(mbedtls_x509write_crt_set_validity(&writer.value, Asn1Time(wish.not_before).c_str(),
                                          Asn1Time(wish.not_after).c_str()));
  Must(mbedtls_x509write_crt_set_basic_constraints(&writer.value, is_ca ? 1 : 0, -1));
  Must(mbedtls_x509write_crt_set_key_usage(&writer.value, is_ca ? MBEDTLS_X509_KU_KEY_CERT_SIGN
                                                          : wish.digital_signature
                                                              ? MBEDTLS_X509_KU_DIGITAL_SIGNATURE
                                                              : MBEDTLS_X509_KU_KEY_AGREEMENT));
  mbedtls_asn1_sequence usage{};
  const std::string_view oid =
      wish.client_auth
          ? std::string_view(MBEDTLS_OID_CLIENT_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH))
          : std::string_view(MBEDTLS_OID_SERVER_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH));
  usage.buf.tag = MBEDTLS_ASN1_OID;
  usage.buf.p = reinterpret_cast<unsigned char*>(const_cast<char*>(oid.data()));
  usage.buf.len = oid.size();
  if (!is_ca) Must(mbedtls_x509write_crt_set_ext_key_usage(&writer.value, &usage));
  std::string pem(4096, '\0');
  Must(mbedtls_x509write_crt_pem(&writer.value, reinterpret_cast<unsigned char*>(pem.data()),
                                 pem.size(), MbedRandom, nullptr));
  return pem.c_str();
}

}  // namespace

Authority::Authority(const std::string& common_name)
    : key_pem_(*GenerateKey()), name_(common_name) {
  const LeafWish decades{
      .common_name = common_name, .not_before = 1'577'836'800, .not_after = 4'102'444'800};
  root_pem_ = Write(name_, key_pem_, name_, key_pem_, decades, true);
}

std::string Authority::Issue(const Secret& key_pem, const LeafWish& wish) const {
  return Write(wish.common_name, key_pem, name_, key_pem_, wish, false);
}

const char* const kEd25519Root = R"(
-----BEGIN CERTIFICATE-----
MIIBdTCCASegAwIBAgIUchyvC9i/ZiJGu7G8CWVD9R0N4fMwBQYDK2VwMC8xEDAO
BgNVBAoMB0V4YW1wbGUxGzAZBgNVBAMMEkZsZWV0IFJvb3QgRWQyNTUxOTAgFw0y
NjExMjEwMzA1MDNaGA8yMTI2MTAyODAzMDUwM1owLzEQMA4GA1UECgwHRXhhbXBs
ZTEbMBkGA1UEAwwSRmxlZXQgUm9vdCBFZDI1NTE5MCowBQYDK2VwAyEAZVnjkIcF
BBEVSqH0GKeSC+Ko/m849IWfRHUoG8cx5LSjUzBRMB0GA1UdDgQWBBSThI5u0vf9
CBZHu1I8E2DYrm5CCzAfBgNVHSMEGDAWgBSThI5u0vf9CBZHu1I8E2DYrm5CCzAP
BgNVHRMBAf8EBTADAQH/MAUGAytlcANBADMw8JGboMnvHjeEf+mLvFFXdC/bsdgD
++R6fpGMduL4UfhQs8MxyGYSM8DucBGpwtyzr3/cg0wYW2zDO2YUcAk=
-----END CERTIFICATE-----
)";

const char* const kLeafByEd25519 = R"(
-----BEGIN CERTIFICATE-----
MIIBGDCBywIBBTAFBgMrZXAwLzEQMA4GA1UECgwHRXhhbXBsZTEbMBkGA1UEAwwS
RmxlZXQgUm9vdCBFZDI1NTE5MCAXDTI2MTEyMTAzMDUwM1oYDzIxMjYxMDI4MDMw
NTAzWjARMQ8wDQYDVQQDDAZub2RlLTEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AASNDP2eaOYMwhGLtlDSPgmpxhrMHIT96QSLVypdP+PP9woX+pd9HSPhw8nT3Z4p
LeBLtqvRBMtn1q8QDIlAjXPPMAUGAytlcANBABMZgDpRwqby+2wYClhfnhhKTtGr
Eoc3/D58txRl7RLvkwFa3Ta3z/hwyQpwwkMDDRFp9Fbl4alPC+rfoEHvBAA=
-----END CERTIFICATE-----
)";

}  // namespace powernode::enroll::testing
