// A certificate authority for tests, over the same library as the agent: it issues what a test asks
// for, right or wrong.
#pragma once

#include <cstdint>
#include <string>

#include "agent/base/secret.h"

namespace powernode::enroll::testing {

struct LeafWish {
  std::string common_name = "node-1";
  std::int64_t not_before = 1'767'225'600;  // 2026-01-01
  std::int64_t not_after = 1'775'001'600;   // 2026-04-01
  bool client_auth = true;
  bool digital_signature = true;
};

class Authority {
 public:
  explicit Authority(const std::string& common_name = "Test CA");

  const std::string& root_pem() const { return root_pem_; }
  // A certificate for the public half of `key_pem`.
  std::string Issue(const Secret& key_pem, const LeafWish& wish) const;

 private:
  Secret key_pem_;
  std::string name_;
  std::string root_pem_;
};

// A self-signed Ed25519 root, and a P-256 leaf (CN=node-1) that it issued; made with OpenSSL.
extern const char* const kEd25519Root;
extern const char* const kLeafByEd25519;

}  // namespace powernode::enroll::testing
