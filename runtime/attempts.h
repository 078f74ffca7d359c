// How often each set of modules was tried (`compose/attempts.json`, node-files.md §5.5, §10):
// written before a set is first mounted, so that one that takes the machine down has been counted.
// A set that passes the health gate is forgotten here; one that was tried twice is not tried again
// until it changes, or an hour has passed and there is nothing better.
//
// Counted per composition hash and trial: a kernel boot, or one change of a running node.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"

namespace powernode::runtime {

inline constexpr unsigned kMostAttempts = 2;

struct Attempt {
  std::string composition;    // its hash
  unsigned attempts = 0;      // boots that began with it and have no verdict, or a bad one
  unsigned inconclusive = 0;  // boots that were given back
  std::string last_boot_id;
  std::string last_result;    // "tried", "inconclusive"
  std::int64_t first_at = 0;  // seconds since 1970
  std::int64_t last_at = 0;
};

// Newest last; a file that cannot be used counts as none.
std::vector<Attempt> LoadAttempts(const Paths& paths);

// nullptr: it was never tried. The result points into `all`.
const Attempt* FindAttempt(const std::vector<Attempt>& all, const std::string& composition);

// kRefused "attempts_used_up", naming how often and when last.
Status RequireAttemptLeft(const std::vector<Attempt>& all, const std::string& composition);
// It is an hour since the last attempt.
bool MayTryAgain(const Attempt& attempt, std::int64_t now_unix);

// Durable when it returns. One trial counts once: a boot by its id, a change of a running node by
// that and a number of its own.
Status CountAttempt(const Paths& paths, const std::string& composition, const std::string& trial,
                    std::int64_t now_unix);

// The trial of a change led to no verdict about the set: as if it had not been counted.
Status WithdrawAttempt(const Paths& paths, const std::string& composition,
                       const std::string& trial);

// The machine goes down in an orderly way before the gate has judged this boot's set: the attempt
// is given back, three times at most.
Status GiveBackAttempt(const Paths& paths, const std::string& composition,
                       const std::string& boot_id);

// Every set may be tried anew.
Status ForgetAllAttempts(const Paths& paths);

// The set is good.
Status ForgetAttempts(const Paths& paths, const std::string& composition);

}  // namespace powernode::runtime
