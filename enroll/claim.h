// One poll of the claim flow (node-api.md §6): a device without a token says what it is and learns
// a code for a person to confirm, or, once confirmed, who it is and its token. No credential goes
// out; only the CA that the node trusts already counts, and the URL and CA of the answer are not
// read at all.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "agent/base/backoff.h"
#include "agent/base/http.h"
#include "agent/base/result.h"
#include "agent/base/secret.h"
#include "agent/base/url.h"
#include "enroll/credentials.h"
#include "enroll/transport.h"

namespace powernode::enroll {

// The name of claims among the identity sources.
constexpr std::string_view kClaimSource = "claim";

// That the device was this instance before: the expired certificate, and the new key named under
// the old one's signature. A server that does not know the member leaves it to the operator.
struct ClaimProof {
  std::string certificate_sha256;
  std::string signature;  // base64 of DER
};
Result<ClaimProof> ProveWithOldKey(const Credentials& old, const std::string& device_key_sha256);

struct ClaimRequest {
  Origin platform;
  std::string ca_pem;
  std::string device_key_sha256;  // of the pending key
  std::string mac;                // lower case
  // Empty: not known, not sent.
  std::string instance_id = {};
  std::string dmi_uuid = {};
  std::string hostname = {};
  std::string platform_hint = {};
  std::optional<ClaimProof> proof = {};
};

struct ClaimAnswer {
  struct Claimed {
    std::string instance_uuid;
    Secret token;
  };
  std::optional<Claimed> claimed;  // none: go on polling
  std::string code;                // to show; empty when the answer has none that can be shown
  std::string said;                // the status and the platform's words, for the operator
  std::chrono::seconds poll_after{30};
};

// Errors as of DataOf (answer.h); nothing that the platform says inside a good answer is one.
Result<ClaimAnswer> ParseClaimAnswer(const HttpResponse& response);

struct ClaimAttempt {
  // Errors: no_trust_anchor, ca_algorithm_unsupported, "claim_mismatch" (kDenied: confirmed as
  // another instance than the node's own sources say), those of the transport and of
  // ParseClaimAnswer.
  Result<ClaimAnswer> outcome;
  std::optional<std::chrono::seconds> retry_after;  // the platform's own wish, at most 900 s
};

// Blocks for at most the time of one small call of node-api.md §1.3.
ClaimAttempt PollClaim(const ClaimRequest& request, const TransportFactory& transports,
                       std::stop_token stop);

// When to ask again: as the platform says, 5 s to 5 min, ± 10 %; its Retry-After before everything;
// 5 min when it rejects the request as such or confirmed another instance; else full jitter up to
// 5 min.
class ClaimPace {
 public:
  std::chrono::milliseconds Next(const ClaimAttempt& attempt);

 private:
  Backoff trouble_{std::chrono::seconds(1), std::chrono::seconds(300)};
};

}  // namespace powernode::enroll
