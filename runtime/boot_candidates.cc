#include "runtime/boot_candidates.h"

#include "agent/base/backoff.h"
#include "enroll/pki_store.h"
#include "runtime/last_known_good.h"

namespace powernode::runtime {
namespace {

constexpr unsigned kLiveTries = 3;  // node-files.md §9.5
constexpr std::chrono::milliseconds kBetweenTries{2'000};
constexpr std::chrono::milliseconds kLiveBudget{20'000};

// An answer that asking again at once does not change.
bool IsFinal(const Error& error) {
  return error.kind() == ErrorKind::kRefused || error.kind() == ErrorKind::kDenied ||
         error.kind() == ErrorKind::kInvalid;
}

}  // namespace

Status BootCandidates::Join(std::stop_token stop) {
  if (platform_.api) return Ok();
  failed_stage_ = "identity";
  JoinAttempt attempt =
      JoinOnce({.paths = paths_, .persist = persist_, .given = std::nullopt}, clock_, stop);
  failed_stage_ = attempt.stage;
  if (attempt.stage == "enroll" && !attempt.outcome)
    console_.Say("identity", "from " + attempt.source + ", not enrolled yet");
  if (!attempt.outcome) {
    Error error = attempt.outcome.error();
    failed_join_ = std::move(attempt);
    return error;
  }
  failed_join_.reset();
  const Joined& joined = *attempt.outcome;
  const enroll::Credentials& credentials = *joined.credentials;
  console_.Say("identity", credentials.instance_id + " from " + joined.source);
  for (const Error& finding : joined.findings)
    console_.Say("identity", "note: " + finding.message());
  if (joined.by == JoinedBy::kEnrolled)
    console_.Say("enroll", "certificate " + credentials.serial.substr(0, 16) + " from " +
                               credentials.platform.ToString() + ", valid until " +
                               FormatTime(credentials.not_after));
  else
    console_.Say("enroll", "skipped: certificate of " + credentials.generation +
                               " is valid until " + FormatTime(credentials.not_after));
  platform_.session =
      std::make_unique<enroll::Session>(joined.credentials, enroll::CurlTransports(), clock_);
  platform_.api = std::make_unique<enroll::NodeApi>(*platform_.session);
  return Ok();
}

Result<Composition> BootCandidates::Live(std::stop_token stop) {
  RETURN_IF_ERROR(Join(stop));
  failed_stage_ = "choose";
  const auto deadline = clock_.Monotonic() + kLiveBudget;
  for (unsigned tries = 1;; ++tries) {
    Result<Assignment> live =
        FetchAssignment(*platform_.api, enroll::kNoRetries, clock_.UnixSeconds(), stop);
    if (live) {
      pace_.Reset();
      const std::string& generation = platform_.session->credentials()->generation;
      if (!generation.empty())
        if (Status proven = enroll::PkiStore(paths_.pki).MarkProven(generation); !proven)
          console_.Say("choose", "note: " + proven.error().message());
      return Believed(*std::move(live));
    }
    if (IsFinal(live.error()) || tries >= kLiveTries || clock_.Monotonic() >= deadline ||
        !clock_.Sleep(kBetweenTries, stop))
      return std::move(live).error().WithContext("ask for the assigned modules");
  }
}

// A list that lost modules for no stated reason is left to the running agent to confirm
// (node-files.md §10.2, D4).
Result<Composition> BootCandidates::Believed(Assignment live) {
  const Result<std::optional<LastKnownGood>> good = LoadLastKnownGood(paths_);
  if (settings_.last_known_good && good && *good) {
    const std::vector<std::string> gone = UnannouncedRemovals((*good)->composition, live);
    if (!gone.empty())
      return Error(ErrorKind::kCannotTell, "unconfirmed_shrink",
                   "the assigned set lacks " + gone.front() +
                       ", and the platform does not say it was removed");
  }
  return std::move(live.composition);
}

Result<Composition> BootCandidates::LastKnownGoodSet() {
  if (!settings_.last_known_good)
    return Error(ErrorKind::kNotFound, "no_lkg",
                 "the last known good set is switched off (lkg=off)");
  ASSIGN_OR_RETURN(std::optional<LastKnownGood> good, LoadLastKnownGood(paths_));
  if (!good)
    return Error(ErrorKind::kNotFound, "no_lkg", "this node has no last known good set yet");
  good->composition.reason = "confirmed " + FormatTime(good->confirmed_at);
  return std::move(good->composition);
}

std::chrono::milliseconds BootCandidates::NextWait() {
  constexpr std::chrono::milliseconds kLeast{2'000};
  return std::max(kLeast, failed_join_ ? join_pace_.Next(*failed_join_) : pace_.Next());
}

}  // namespace powernode::runtime
