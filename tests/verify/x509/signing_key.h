// An elliptic curve key that signs, for what the vectors do not hold.
#pragma once

#include <mbedtls/ecp.h>

#include <string>
#include <string_view>

namespace powernode::testing {

class SigningKey {
 public:
  explicit SigningKey(mbedtls_ecp_group_id curve);
  ~SigningKey();
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;

  // 04 ‖ x ‖ y.
  std::string point() const;
  // SEQUENCE { r, s } over the digest.
  std::string Sign(std::string_view digest) const;

 private:
  mutable mbedtls_ecp_keypair pair_;
};

}  // namespace powernode::testing
