#include "tests/base/certificate_authority.h"

#include <arpa/inet.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include <array>
#include <stdexcept>

#include "agent/base/clock.h"
#include "agent/base/random.h"

namespace powernode::testing {
namespace {

constexpr std::int64_t kYear = 365LL * 24 * 3600;

void Check(int code) {
  if (code < 0) throw std::runtime_error("mbedTLS: " + std::to_string(code));
}

int KernelRandom(void*, unsigned char* out, std::size_t size) {
  RandomBytes(std::as_writable_bytes(std::span(out, size)));
  return 0;
}

}  // namespace

struct SigningKey {
  SigningKey() {
    mbedtls_pk_init(&context);
    Check(mbedtls_pk_setup(&context, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)));
    Check(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(context), KernelRandom,
                              nullptr));
  }
  ~SigningKey() { mbedtls_pk_free(&context); }
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;

  std::string Pem() {
    std::array<unsigned char, 2048> text{};
    Check(mbedtls_pk_write_key_pem(&context, text.data(), text.size()));
    return reinterpret_cast<const char*>(text.data());
  }

  mbedtls_pk_context context;
};

namespace {

// "20260520100411", as mbedTLS wants it.
std::string Digits(std::int64_t time) {
  std::string text = FormatTime(time);
  std::erase_if(text, [](char c) { return c < '0' || c > '9'; });
  return text;
}

std::string Write(const CertificateRequest& request, SigningKey& subject,
                  const std::string& issuer_name, SigningKey& issuer, bool is_ca) {
  mbedtls_x509write_cert certificate;
  mbedtls_x509write_crt_init(&certificate);
  mbedtls_x509write_crt_set_version(&certificate, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(&certificate, MBEDTLS_MD_SHA256);
  mbedtls_x509write_crt_set_subject_key(&certificate, &subject.context);
  mbedtls_x509write_crt_set_issuer_key(&certificate, &issuer.context);
  Check(
      mbedtls_x509write_crt_set_subject_name(&certificate, ("CN=" + request.common_name).c_str()));
  Check(mbedtls_x509write_crt_set_issuer_name(&certificate, ("CN=" + issuer_name).c_str()));
  Check(mbedtls_x509write_crt_set_validity(&certificate, Digits(request.not_before).c_str(),
                                           Digits(request.not_after).c_str()));
  std::array<unsigned char, 15> serial{0x01};
  RandomBytes(std::as_writable_bytes(std::span(serial).subspan(1)));
  Check(mbedtls_x509write_crt_set_serial_raw(&certificate, serial.data(), serial.size()));
  Check(mbedtls_x509write_crt_set_basic_constraints(&certificate, is_ca ? 1 : 0, -1));

  in_addr address{};
  mbedtls_x509_san_list by_address{};
  by_address.node.type = MBEDTLS_X509_SAN_IP_ADDRESS;
  by_address.node.san.unstructured_name = {
      .tag = 0, .len = sizeof address, .p = reinterpret_cast<unsigned char*>(&address)};
  std::string dns_name = request.dns_name;
  mbedtls_x509_san_list by_name{};
  by_name.node.type = MBEDTLS_X509_SAN_DNS_NAME;
  by_name.node.san.unstructured_name = {
      .tag = 0, .len = dns_name.size(), .p = reinterpret_cast<unsigned char*>(dns_name.data())};
  const bool has_address = ::inet_pton(AF_INET, request.address4.c_str(), &address) == 1;
  mbedtls_x509_san_list* names = dns_name.empty() ? nullptr : &by_name;
  if (has_address) {
    by_address.next = names;
    names = &by_address;
  }
  if (names != nullptr)
    Check(mbedtls_x509write_crt_set_subject_alternative_name(&certificate, names));

  std::array<unsigned char, 4096> text{};
  Check(mbedtls_x509write_crt_pem(&certificate, text.data(), text.size(), KernelRandom, nullptr));
  mbedtls_x509write_crt_free(&certificate);
  return reinterpret_cast<const char*>(text.data());
}

}  // namespace

struct CertificateAuthority::State {
  std::string common_name;
  SigningKey key;
};

CertificateAuthority::CertificateAuthority(const std::string& common_name)
    : state_(std::make_unique<State>()) {
  state_->common_name = common_name;
  const std::int64_t now = SystemClock().UnixSeconds();
  pem_ = Write(
      {.common_name = common_name, .not_before = now - 10 * kYear, .not_after = now + 10 * kYear},
      state_->key, common_name, state_->key, /*is_ca=*/true);
}

CertificateAuthority::~CertificateAuthority() = default;

KeyPair CertificateAuthority::Issue(const CertificateRequest& request) const {
  CertificateRequest dated = request;
  if (dated.not_before == 0) dated.not_before = SystemClock().UnixSeconds() - 3600;
  if (dated.not_after == 0) dated.not_after = SystemClock().UnixSeconds() + kYear;
  SigningKey key;
  const std::string certificate =
      Write(dated, key, state_->common_name, state_->key, /*is_ca=*/false);
  return {.certificate_pem = certificate, .key_pem = key.Pem()};
}

}  // namespace powernode::testing
