#include "tests/verify/signer.h"

#include <mbedtls/ecp.h>

#include <array>
#include <cstdlib>

#include "agent/base/encoding.h"
#include "agent/base/json.h"
#include "verify/sigstore/dsse.h"
#include "verify/sigstore/statement.h"

namespace powernode::testing {
namespace {

void Require(bool held) {
  if (!held) std::abort();
}

}  // namespace

Signer::Signer(mbedtls_ecp_group_id curve) {
  mbedtls_entropy_init(&entropy_);
  mbedtls_ctr_drbg_init(&random_);
  mbedtls_pk_init(&key_);
  Require(mbedtls_ctr_drbg_seed(&random_, mbedtls_entropy_func, &entropy_, nullptr, 0) == 0);
  Require(mbedtls_pk_setup(&key_, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) == 0);
  Require(mbedtls_ecp_gen_key(curve, mbedtls_pk_ec(key_), mbedtls_ctr_drbg_random, &random_) == 0);
}

Signer::~Signer() {
  mbedtls_pk_free(&key_);
  mbedtls_ctr_drbg_free(&random_);
  mbedtls_entropy_free(&entropy_);
}

std::string Signer::PublicPem() {
  std::array<unsigned char, 1024> pem{};
  Require(mbedtls_pk_write_pubkey_pem(&key_, pem.data(), pem.size()) == 0);
  return reinterpret_cast<const char*>(pem.data());
}

std::string Signer::PrivatePem() {
  std::array<unsigned char, 2048> pem{};
  Require(mbedtls_pk_write_key_pem(&key_, pem.data(), pem.size()) == 0);
  return reinterpret_cast<const char*>(pem.data());
}

std::string Signer::Sign(const verify::BlobDigest& digest) {
  std::array<unsigned char, MBEDTLS_PK_SIGNATURE_MAX_SIZE> der{};
  std::size_t length = 0;
  Require(mbedtls_pk_sign(&key_, MBEDTLS_MD_SHA256, digest.bytes().data(), digest.bytes().size(),
                          der.data(), der.size(), &length, mbedtls_ctr_drbg_random, &random_) == 0);
  return Base64Encode({reinterpret_cast<const char*>(der.data()), length});
}

verify::TrustStore Signer::Trust() {
  verify::TrustStore trust;
  Require(trust.Add(PublicPem(), "test key").ok());
  return trust;
}

verify::Policy Signer::Policy(verify::Binding binding, verify::TrustMode mode) {
  verify::Policy policy = verify::Policy::BuiltIn(Trust());
  for (verify::PolicyRule& rule : policy.rules) rule.binding = binding;
  policy.mode = mode;
  return policy;
}

std::string Signer::SignEnvelope(std::string_view type, const std::string& payload) {
  const std::string encoding = verify::sigstore::PreAuthenticationEncoding(type, payload);
  return DumpJson(
      Json{{"payloadType", type},
           {"payload", Base64Encode(payload)},
           {"signatures", {{{"keyid", "x"}, {"sig", Sign(verify::BlobDigest::Of(encoding))}}}}});
}

std::string Signer::SignStatement(const std::string& payload) {
  const std::string type(verify::sigstore::kStatementPayloadType);
  const std::string encoding = verify::sigstore::PreAuthenticationEncoding(type, payload);
  const Json bundle = {
      {"mediaType", "application/vnd.dev.sigstore.bundle.v0.3+json"},
      {"verificationMaterial", {{"publicKey", {{"hint", ""}}}, {"tlogEntries", Json::array()}}},
      {"dsseEnvelope",
       {{"payload", Base64Encode(payload)},
        {"payloadType", type},
        {"signatures", {{{"sig", Sign(verify::BlobDigest::Of(encoding))}}}}}}};
  return DumpJson(bundle);
}

}  // namespace powernode::testing
