// Certificates of the transport's tests, made on the spot: any name, any dates, ECDSA P-256.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace powernode::testing {

struct CertificateRequest {
  std::string common_name = "server";
  std::string dns_name;         // subject alternative name; empty: none
  std::string address4;         // likewise, an IPv4 address
  std::int64_t not_before = 0;  // seconds since 1970
  std::int64_t not_after = 0;
};

struct KeyPair {
  std::string certificate_pem;
  std::string key_pem;
};

class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& common_name);
  ~CertificateAuthority();

  const std::string& pem() const { return pem_; }
  KeyPair Issue(const CertificateRequest& request) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::string pem_;
};

}  // namespace powernode::testing
