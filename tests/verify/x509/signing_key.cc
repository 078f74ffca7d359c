#include "tests/verify/x509/signing_key.h"

#include <mbedtls/ecdsa.h>
#include <sys/random.h>

#include <array>

namespace powernode::testing {
namespace {

int Random(void*, unsigned char* output, std::size_t size) {
  return ::getrandom(output, size, 0) == static_cast<ssize_t>(size) ? 0 : -1;
}

}  // namespace

SigningKey::SigningKey(mbedtls_ecp_group_id curve) {
  mbedtls_ecp_keypair_init(&pair_);
  mbedtls_ecp_gen_key(curve, &pair_, Random, nullptr);
}

SigningKey::~SigningKey() { mbedtls_ecp_keypair_free(&pair_); }

std::string SigningKey::point() const {
  std::array<unsigned char, MBEDTLS_ECP_MAX_PT_LEN> buffer{};
  std::size_t size = 0;
  mbedtls_ecp_write_public_key(&pair_, MBEDTLS_ECP_PF_UNCOMPRESSED, &size, buffer.data(),
                               buffer.size());
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)};
}

std::string SigningKey::Sign(std::string_view digest) const {
  std::array<unsigned char, MBEDTLS_ECDSA_MAX_LEN> buffer{};
  std::size_t size = 0;
  mbedtls_ecdsa_write_signature(
      &pair_, MBEDTLS_MD_SHA256, reinterpret_cast<const unsigned char*>(digest.data()),
      digest.size(), buffer.data(), buffer.size(), &size, Random, nullptr);
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)};
}

}  // namespace powernode::testing
