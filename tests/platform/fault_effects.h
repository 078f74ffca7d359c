// Carries faults out, each at its stage: before the request is handled, on the finished answer, and
// on the way to the wire. The only place that does (connection faults are a plan that the TLS
// listener carries out).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tests/platform/fault.h"
#include "tests/platform/fault_certificates.h"
#include "tests/platform/message.h"

namespace powernode::platform {

// Milliseconds to wait before the request is handled.
std::int64_t DelayOf(const std::vector<Fault>& faults);

// Changes the request, or answers in the handler's place.
std::optional<Answer> ApplyBefore(const std::vector<Fault>& faults, Request& request);

void ApplyToAnswer(const std::vector<Fault>& faults, const LeafMaker& maker, const Request& request,
                   Answer& answer);

// What the listener does with the bytes of the answer. Offsets count body bytes.
struct WirePlan {
  bool lose_answer = false;
  std::optional<std::uint64_t> stall_after;
  std::optional<std::uint64_t> close_after;
  std::optional<std::uint64_t> flip_at;
  std::int64_t add_to_length = 0;
  std::uint64_t bytes_per_second = 0;  // 0 = as fast as it goes
};
WirePlan PlanWire(const std::vector<Fault>& faults);

}  // namespace powernode::platform
