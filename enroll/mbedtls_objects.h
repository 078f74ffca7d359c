// The mbedTLS objects that enroll/ uses, each with its own life: initialised by the constructor,
// freed by the destructor. Included only by key.cc, csr.cc and certificate.cc; no other file of
// this room sees mbedTLS.
#pragma once

#include <mbedtls/error.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <mbedtls/x509_csr.h>

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "agent/base/random.h"
#include "agent/base/result.h"
#include "agent/base/secret.h"

namespace powernode::enroll {

struct MbedKey {
  mbedtls_pk_context value;

  MbedKey() { mbedtls_pk_init(&value); }
  ~MbedKey() { mbedtls_pk_free(&value); }
  MbedKey(const MbedKey&) = delete;
  MbedKey& operator=(const MbedKey&) = delete;
};

struct MbedCertificates {  // a list
  mbedtls_x509_crt value;

  MbedCertificates() { mbedtls_x509_crt_init(&value); }
  ~MbedCertificates() { mbedtls_x509_crt_free(&value); }
  MbedCertificates(const MbedCertificates&) = delete;
  MbedCertificates& operator=(const MbedCertificates&) = delete;
};

// The library's random number callback, over getrandom(2).
inline int MbedRandom(void*, unsigned char* out, std::size_t length) {
  RandomBytes(std::as_writable_bytes(std::span(out, length)));
  return 0;
}

inline std::string MbedText(int code) {
  std::array<char, 160> text{};
  mbedtls_strerror(code, text.data(), text.size());
  return text.data();
}

// PEM texts are passed with their terminating NUL counted.
inline int ParsePrivateKey(MbedKey& key, const Secret& pem) {
  const std::string& text = pem.Reveal();
  return mbedtls_pk_parse_key(&key.value, reinterpret_cast<const unsigned char*>(text.c_str()),
                              text.size() + 1, nullptr, 0, MbedRandom, nullptr);
}

}  // namespace powernode::enroll
