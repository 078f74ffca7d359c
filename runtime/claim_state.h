// `claim.json` (node-files.md §5.6): the network card this node is claimed by, and the code that
// waits for an operator.
#pragma once

#include <cstdint>
#include <string>

#include "agent/base/paths.h"
#include "agent/base/result.h"

namespace powernode::runtime {

struct ClaimState {
  std::string mac;
  std::string device;         // where the card is on the bus
  std::string code;           // empty: none is waited for
  std::string url;            // where the code is confirmed
  std::int64_t first_at = 0;  // since when this code is shown; seconds since 1970
};

// An empty state when there is no file that can be used.
ClaimState LoadClaimState(const Paths& paths);
Status SaveClaimState(const Paths& paths, const ClaimState& state);

// The node has joined: no code is waited for any more; the card stays chosen.
Status EndClaimState(const Paths& paths);

}  // namespace powernode::runtime
