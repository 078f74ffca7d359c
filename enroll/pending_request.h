// The enrolment request under way, in `pki/pending/` (node-files.md §6.1): the key and the CSR are
// durable before the platform sees them (K2) and stay the same over retries and reboots, so that a
// lost answer can be asked for again. The token itself is never written, only its SHA-256.
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/base/secret.h"

namespace powernode::enroll {

struct PendingRequest {
  std::string instance_id;
  std::string request_id;  // uuid; a new one for each bootstrap token
  std::string token_sha256;
  std::string refusal;  // the platform's words when it refused this very token: the token is dead
  Secret key_pem;
  std::string csr_pem;

  bool token_refused() const { return !refusal.empty(); }
};

// The pending request below `pki_directory` for this instance, or a new one, made durable before it
// is returned. Another token than the last gets a new request id and the same key.
Result<PendingRequest> PrepareRequest(const std::string& pki_directory,
                                      const std::string& instance_id, const Secret& token);

// Remembers that the token is dead; it is not sent again. `refusal` must not be empty.
Status MarkTokenRefused(const std::string& pki_directory, const PendingRequest& pending,
                        std::string_view refusal);

}  // namespace powernode::enroll
