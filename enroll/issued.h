// From the platform's answer to credentials (node-api.md §7.1), the same for an enrolment and for a
// renewal: the certificate is checked before anything is made of it, and new TLS roots are taken by
// the rules of root_roll.h.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string_view>

#include "agent/base/json.h"
#include "agent/base/result.h"
#include "enroll/credentials.h"
#include "enroll/pending_request.h"
#include "enroll/transport.h"

namespace powernode::enroll {

struct Issued {
  Credentials credentials;              // of no generation yet
  std::optional<Error> roots_not_kept;  // the platform offered TLS roots that cannot be used
};

// `before`: who asked, whose platform, which roots; in a renewal the whole old set, of which stays
// what the answer leaves out. `if_other` ends the message when the answer is for another instance.
// kRefuted "enroll_mismatch"; the errors of CheckNewCertificate.
Result<Issued> TakeIssued(const Json& data, const Credentials& before,
                          const PendingRequest& pending, std::string_view if_other,
                          const TransportFactory& transports, std::int64_t now_unix,
                          std::stop_token stop);

}  // namespace powernode::enroll
