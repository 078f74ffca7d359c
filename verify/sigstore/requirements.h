// What the owner asks of a signature, as one value: whom to trust, and how much evidence
// (signatures.md, section 14). It is made from the owner's configuration and never from the
// material that is checked.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "verify/sigstore/identity_rule.h"
#include "verify/sigstore/trusted_root.h"
#include "verify/x509/public_key.h"

namespace powernode::verify::sigstore {

enum class TrustMode {
  kKey,      // one of `keys` has signed
  kKeyless,  // a certificate for one of `identities` has signed
};

struct Requirements {
  TrustMode mode = TrustMode::kKey;
  std::vector<x509::PublicKey> keys;
  std::vector<IdentityRule> identities;
  std::shared_ptr<const TrustedRoot> trusted_root;  // null: none

  // How many distinct sources of each kind of evidence.
  std::size_t tlog_threshold = 0;       // transparency logs with a fully verified entry
  std::size_t sct_threshold = 0;        // CT logs that saw the certificate
  std::size_t timestamp_threshold = 0;  // logs and timestamp authorities that vouch for a time
  std::size_t tsa_threshold = 0;        // timestamp authorities alone

  std::optional<std::string> predicate_type;
  bool allow_legacy = false;  // certificate and promise outside of a bundle (section 12)

  // Of the payload of an OCI image signature; no other form can honour them.
  std::map<std::string, std::string> annotations;
  std::optional<std::string> docker_reference;

  // What the command line asks for (section 14.1): a log entry once there is a root to check it
  // with; keyless, one of each kind of evidence.
  static Requirements ForKeys(std::vector<x509::PublicKey> keys,
                              std::shared_ptr<const TrustedRoot> root = nullptr);
  static Requirements ForIdentities(std::vector<IdentityRule> identities,
                                    std::shared_ptr<const TrustedRoot> root);
};

// Step 1 of section 6: refuses what is empty or contradicts itself. kCannotTell, stage "policy".
Status CheckRequirements(const Requirements& requirements);

}  // namespace powernode::verify::sigstore
