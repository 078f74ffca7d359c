#include "enroll/csr.h"

#include "agent/base/url.h"
#include "enroll/mbedtls_objects.h"

namespace powernode::enroll {
namespace {

struct CsrWriter {
  mbedtls_x509write_csr value;

  CsrWriter() { mbedtls_x509write_csr_init(&value); }
  ~CsrWriter() { mbedtls_x509write_csr_free(&value); }
  CsrWriter(const CsrWriter&) = delete;
  CsrWriter& operator=(const CsrWriter&) = delete;
};

}  // namespace

Result<std::string> MakeCsr(const Secret& key_pem, const std::string& instance_id) {
  if (!IsPathId(instance_id))
    return Error(ErrorKind::kInvalid, "bad_instance_uuid", "make a CSR: not an instance id");
  MbedKey key;
  CsrWriter csr;
  std::string pem(4096, '\0');
  int code = ParsePrivateKey(key, key_pem);
  if (code == 0) {
    mbedtls_x509write_csr_set_md_alg(&csr.value, MBEDTLS_MD_SHA256);
    mbedtls_x509write_csr_set_key(&csr.value, &key.value);
    code = mbedtls_x509write_csr_set_subject_name(&csr.value, ("CN=" + instance_id).c_str());
  }
  if (code == 0)
    code = mbedtls_x509write_csr_pem(&csr.value, reinterpret_cast<unsigned char*>(pem.data()),
                                     pem.size(), MbedRandom, nullptr);
  if (code != 0) return Error(ErrorKind::kSystem, "csr_failed", "make a CSR: " + MbedText(code));
  return std::string(pem.c_str());
}

}  // namespace powernode::enroll
