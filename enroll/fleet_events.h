// Tells the platform what happened on the node (node-api.md §15).
#pragma once

#include <cstdint>
#include <stop_token>

#include "agent/base/json.h"
#include "agent/base/result.h"
#include "enroll/session.h"

namespace powernode::enroll {

constexpr std::size_t kMaxEvents = 100;             // of a call
constexpr std::size_t kMaxEventBytes = 256 * 1024;  // of its body

// How many of them the platform took: fewer when it found some of them invalid, which no second
// attempt would change.
Result<std::int64_t> SendEvents(Session& session, const Json& events, std::stop_token stop);

}  // namespace powernode::enroll
