// The platform changes its CA (node-api.md §7.1, `platform_ca_pem`): new TLS roots, vouched for by
// the connection that brought them, which the old ones judged.
//
// The new roots replace the old ones only when they alone judge the platform's present server
// certificate well. Until then both are trusted, so that the node follows the platform whenever it
// moves.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/base/url.h"
#include "enroll/transport.h"

namespace powernode::enroll {

// The roots to keep from now on. Errors, with which the old ones stay: kInvalid "no_trust_anchor",
// kUnsupported "ca_algorithm_unsupported".
Result<std::string> RollRoots(const Origin& platform, const std::string& old_pem,
                              std::string_view offered_pem, const TransportFactory& transports,
                              std::stop_token stop);

}  // namespace powernode::enroll
