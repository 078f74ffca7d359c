// The request under way, in `pki/pending/` (node-files.md §6.1). The key is durable before the
// platform hears of it, in a claim or in an enrolment (K2), and stays the same over retries and
// reboots, so that a lost answer can be asked for again. It is nobody's until an enrolment names
// the instance; the CSR is made then.
//
// The token of an identity source is never written, only its SHA-256. The token that a claim
// brought has no other place to come from again: it is kept (0600) until it has been used.
//
// Every step is one atomic write; a power cut between two of them costs at most a repetition.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/base/secret.h"
#include "agent/base/url.h"

namespace powernode::enroll {

// The key for a device that is about to be claimed, as `instance_id` or, empty, as nobody yet: the
// pending one, unless that belongs to another instance; then a new one.
Result<Secret> PrepareKey(const std::string& pki_directory, const std::string& instance_id);

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
// is returned. Another token than the last gets a new request id and the same key; so does an
// instance that the key was claimed for.
Result<PendingRequest> PrepareRequest(const std::string& pki_directory,
                                      const std::string& instance_id, const Secret& token);

// Likewise for a renewal, beside an enrolment that may be under way.
Result<PendingRequest> PrepareRenewal(const std::string& pki_directory,
                                      const std::string& instance_id);

// Remembers that the token is dead; it is not sent again. `refusal` must not be empty.
Status MarkTokenRefused(const std::string& pki_directory, const PendingRequest& pending,
                        std::string_view refusal);

// What a claim brought.
struct ClaimResult {
  Origin platform;  // who gave it, and the only one it is sent to
  std::string instance_uuid;
  Secret token;
  std::string instead_of;  // SHA-256 of a refused token of another source; empty: there was none
};

// Precondition: PrepareKey has been called.
Status KeepClaim(const std::string& pki_directory, const ClaimResult& claim);
// nullopt: there is none that can be used.
std::optional<ClaimResult> KeptClaim(const std::string& pki_directory);
// The token was of no use: the key is nobody's again and can be claimed anew.
Status ForgetClaim(const std::string& pki_directory);

}  // namespace powernode::enroll
