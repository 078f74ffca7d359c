#include "runtime/boot_choice.h"

#include <algorithm>

namespace powernode::runtime {
namespace {

// Where attempts cannot be kept, one in this boot stands for both.
bool HasAttemptLeft(const SetFacts& set, bool counts_last) {
  return set.attempts < kMostAttempts && (counts_last || !set.tried_here);
}

bool IsBelieved(const BootFacts& facts) {
  if (facts.live->rolled_back) return false;
  return !facts.live->shrinks || (facts.staged && facts.staged->hash == facts.live->hash);
}

class Choices {
 public:
  void Add(BootSource source, bool count) {
    const bool there = std::any_of(list_.begin(), list_.end(), [&](const BootChoice& choice) {
      return choice.source == source;
    });
    if (!there) list_.push_back({.source = source, .count = count});
  }
  std::vector<BootChoice> Take() { return std::move(list_); }

 private:
  std::vector<BootChoice> list_;
};

}  // namespace

std::string_view BootSourceText(BootSource source) {
  switch (source) {
    case BootSource::kLive:
      return "live";
    case BootSource::kStaged:
      return "staged set";
    case BootSource::kLastKnownGood:
      return "last known good set";
    case BootSource::kFormerGood:
      return "former last known good set";
  }
  return "live";
}

std::vector<BootChoice> ChooseBoot(const BootFacts& facts) {
  if (facts.rescue_wanted) return {};  // D1
  const bool live_is_good = facts.live && facts.live->hash == facts.good;
  const bool staged_is_good = facts.staged && facts.staged->hash == facts.good;
  Choices choices;
  if (live_is_good)
    choices.Add(BootSource::kLive, false);  // D2
  else if (facts.live && IsBelieved(facts) && HasAttemptLeft(*facts.live, facts.counts_last))
    choices.Add(BootSource::kLive, true);  // D3, and D4 where it is not
  if (facts.staged && !staged_is_good && HasAttemptLeft(*facts.staged, facts.counts_last))
    choices.Add(BootSource::kStaged, true);                                              // D5
  if (facts.good && facts.good_allowed) choices.Add(BootSource::kLastKnownGood, false);  // D6
  if (facts.former_good && facts.good_allowed && facts.former_good != facts.good)
    choices.Add(BootSource::kFormerGood, false);
  // What follows is for a node whose last known good set is missing or did not boot.
  if (facts.live && facts.live->attempts < kMostAttempts)
    choices.Add(BootSource::kLive, true);                                             // D7
  if (facts.live && facts.live->may_try_again) choices.Add(BootSource::kLive, true);  // D8, rescue
  if (facts.staged && !staged_is_good && facts.staged->may_try_again)
    choices.Add(BootSource::kStaged, true);
  return choices.Take();
}

SetFacts FactsOf(const std::string& hash, const std::vector<Attempt>& attempts,
                 const std::string& boot_id, std::int64_t now_unix) {
  SetFacts facts{.hash = hash};
  if (const Attempt* attempt = FindAttempt(attempts, hash)) {
    facts.attempts = attempt->attempts;
    facts.tried_here = attempt->attempts > 0 && attempt->last_boot_id == boot_id;
    facts.may_try_again = MayTryAgain(*attempt, now_unix);
  }
  return facts;
}

}  // namespace powernode::runtime
