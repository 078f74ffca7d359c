// OpenSSL objects with owners. The reference control plane uses OpenSSL on purpose: the agent uses
// mbedTLS, and two ends that share a TLS library also share its mistakes.
//
// Every handle is a unique_ptr; the error queue is emptied into one Error where a call fails.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace powernode::platform {

template <auto Free>
struct OpenSslFree {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using Key = std::unique_ptr<EVP_PKEY, OpenSslFree<&EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, OpenSslFree<&X509_free>>;
using SigningRequest = std::unique_ptr<X509_REQ, OpenSslFree<&X509_REQ_free>>;
using Bio = std::unique_ptr<BIO, OpenSslFree<&BIO_free_all>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, OpenSslFree<&EVP_MD_CTX_free>>;
using BigNumber = std::unique_ptr<BIGNUM, OpenSslFree<&BN_free>>;
using TlsContext = std::unique_ptr<SSL_CTX, OpenSslFree<&SSL_CTX_free>>;
using Tls = std::unique_ptr<SSL, OpenSslFree<&SSL_free>>;

// "what: <the oldest entry of OpenSSL's error queue>", kSystem "openssl_failed"; the queue is empty
// after.
Error OpenSslError(std::string_view what);

// A memory BIO reading `text`, which must outlive it.
Bio ReadBio(std::string_view text);
// What was written to a memory BIO.
std::string BioText(BIO* bio);

}  // namespace powernode::platform
