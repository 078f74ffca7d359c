// What was proven about an image, by whose signature and under which rule of the policy, and what
// was not: for the log, the operator and the heartbeat.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/base/json.h"
#include "verify/module_statement.h"
#include "verify/policy_words.h"
#include "verify/sigstore/facts.h"

namespace powernode::verify {

struct VerificationReport {
  TrustMode mode = TrustMode::kEnforce;
  std::string rule;                      // of the policy that decided; empty: none did
  std::optional<sigstore::Facts> facts;  // of the signature that held
  std::optional<ModuleStatement> statement;
  std::string fsverity;                 // "sha256:<hex>", of the bytes as read
  bool kernel_verity = false;           // the kernel holds every read to that digest
  std::vector<std::string> proven;      // "sha256", "size", "signature", "module", "fsverity"
  std::vector<std::string> not_proven;  // sentences for people
  std::string violation;  // audit: the error code that enforce would have refused with, or empty

  // The id of the key that signed; nullopt when nobody did, or a certificate's holder.
  std::optional<std::string> key_id() const;
  // "key 9f3c2a41d0b7, revision 7", "someone@example.org", "signature not proven (audit: ...)".
  std::string Summary() const;
};

// Members: mode, rule, key_id or identity, times, logs, statement, fsverity, kernel_verity, proven,
// not_proven, violation.
OrderedJson ToJson(const VerificationReport& report);

}  // namespace powernode::verify
