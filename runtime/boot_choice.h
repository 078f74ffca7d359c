// Which sets a boot tries, and in which order (the decision table D1 to D8 of node-files.md §10.2):
// a pure function of what is known before anything is mounted. Whether the bytes of a stored set
// are all here and proven shows when its turn comes; one that fails gives way to the next.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/attempts.h"

namespace powernode::runtime {

enum class BootSource { kLive, kStaged, kLastKnownGood, kFormerGood };
std::string_view BootSourceText(BootSource source);  // "last known good set"

struct SetFacts {
  std::string hash;
  unsigned attempts = 0;       // boots that began with it and have no verdict, or a bad one
  bool tried_here = false;     // in this boot already
  bool may_try_again = false;  // the last attempt is an hour ago
};

struct LiveFacts : SetFacts {
  bool shrinks = false;      // against the last known good set, and nobody says why
  bool rolled_back = false;  // its revision is lower than what was accepted before
};

struct BootFacts {
  bool rescue_wanted = false;     // powernode.rescue=1
  bool counts_last = true;        // attempts outlive this boot: the persist partition is durable
  std::optional<LiveFacts> live;  // nullopt: no complete answer
  std::optional<SetFacts> staged;
  // Hashes; nullopt: there is none.
  std::optional<std::string> good;
  std::optional<std::string> former_good;
  bool good_allowed = true;  // not switched off
};

struct BootChoice {
  BootSource source;
  bool count = false;  // the attempt is counted before the first mount
  bool operator==(const BootChoice&) const = default;
};

// In the order in which they are tried; empty: rescue.
std::vector<BootChoice> ChooseBoot(const BootFacts& facts);

// Of a set that is stored or offered.
SetFacts FactsOf(const std::string& hash, const std::vector<Attempt>& attempts,
                 const std::string& boot_id, std::int64_t now_unix);

}  // namespace powernode::runtime
