// What an enrolled node is and proves itself with: one immutable set, shared by all users of the
// platform session as shared_ptr<const Credentials> and replaced only as a whole (node-api.md
// §2.5).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "agent/base/secret.h"
#include "agent/base/url.h"
#include "enroll/bearer.h"

namespace powernode::enroll {

struct Credentials {
  std::string instance_id;
  std::string mtls_subject;    // CN of the certificate
  std::string certificate_id;  // the platform's audit id; may be empty
  Origin platform;
  std::string ca_pem;           // the only TLS roots
  std::string certificate_pem;  // our leaf
  std::string chain_pem;        // its issuing chain; never used as TLS roots
  Secret key_pem;
  std::int64_t not_before = 0;  // seconds since 1970
  std::int64_t not_after = 0;
  std::string serial;            // hex
  std::string fingerprint;       // SHA-256 of the leaf's DER, hex
  std::optional<Bearer> bearer;  // of older platforms
  std::string generation;        // "gen-000001"; empty while it lives in memory only
};

using CredentialsPtr = std::shared_ptr<const Credentials>;

}  // namespace powernode::enroll
