// A key pair made for one test, which signs the way `cosign sign-blob --key` does: ECDSA over the
// blob's SHA-256, DER, base64.
#pragma once

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/pk.h>

#include <memory>
#include <string>
#include <string_view>

#include "verify/blob_digest.h"
#include "verify/policy.h"

namespace powernode::testing {

class Signer {
 public:
  explicit Signer(mbedtls_ecp_group_id curve = MBEDTLS_ECP_DP_SECP256R1);
  ~Signer();
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;

  std::string PublicPem();
  std::string PrivatePem();
  std::string Sign(const verify::BlobDigest& digest);  // base64
  // A DSSE envelope; its keyid, a hint to nobody, is another one.
  std::string SignEnvelope(std::string_view type, const std::string& payload);
  // A Sigstore bundle, version 0.3, around the in-toto statement `payload`.
  std::string SignStatement(const std::string& payload);
  // A store that trusts this key and no other.
  verify::TrustStore Trust();
  // One rule: this key, any module.
  verify::Policy Policy(verify::Binding binding = verify::Binding::kBlobOnly,
                        verify::TrustMode mode = verify::TrustMode::kEnforce);

 private:
  mbedtls_entropy_context entropy_;
  mbedtls_ctr_drbg_context random_;
  mbedtls_pk_context key_;
};

}  // namespace powernode::testing
