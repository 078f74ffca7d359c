#include "enroll/key.h"

#include <mbedtls/ecp.h>

#include "enroll/mbedtls_objects.h"

namespace powernode::enroll {

Result<Secret> GenerateKey() {
  MbedKey key;
  int code = mbedtls_pk_setup(&key.value, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
  if (code == 0)
    code = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key.value), MbedRandom,
                               nullptr);
  std::string pem(2048, '\0');
  if (code == 0)
    code = mbedtls_pk_write_key_pem(&key.value, reinterpret_cast<unsigned char*>(pem.data()),
                                    pem.size());
  if (code != 0) {
    Secret::Wipe(pem);
    return Error(ErrorKind::kSystem, "key_failed", "make a P-256 key: " + MbedText(code));
  }
  Secret result(std::string(pem.c_str()));
  Secret::Wipe(pem);
  return result;
}

Status CheckKey(const Secret& pem) {
  MbedKey key;
  const int code = ParsePrivateKey(key, pem);
  if (code == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG)
    return Error(ErrorKind::kUnsupported, "key_algorithm_unsupported",
                 "private key: an algorithm other than ECDSA and RSA");
  if (code != 0) return Error(ErrorKind::kInvalid, "bad_key", "private key: " + MbedText(code));
  return Ok();
}

}  // namespace powernode::enroll
