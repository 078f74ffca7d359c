#include "runtime/boot_candidates.h"

#include <utility>

#include "agent/base/backoff.h"
#include "enroll/pki_store.h"
#include "runtime/last_known_good.h"
#include "runtime/masked_cmdline.h"
#include "runtime/node_clock.h"

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

// A node that can boot its last known good set does so at once and is claimed from there; only when
// that did not boot it waits here.
bool BootCandidates::MayClaim() {
  const bool first = !std::exchange(joined_before_, true);
  return settings_.claim && !(first && LastKnownGoodSet().ok());
}

Status BootCandidates::Join(std::stop_token stop) {
  if (platform_.api) return Ok();
  failed_stage_ = "identity";
  JoinAttempt attempt = JoinOnce({.paths = paths_,
                                  .persist = persist_,
                                  .sources = settings_.sources,
                                  .claim = MayClaim(),
                                  .transports = enroll::CurlTransports(settings_.transport)},
                                 clock_, stop);
  failed_stage_ = attempt.stage;
  if (attempt.stage == "enroll" && !attempt.outcome)
    console_.Say("identity", "from " + attempt.source + ", not enrolled yet");
  if (!attempt.claim_code.empty())
    if (const auto line = claim_console_.Show(attempt.claim_code, attempt.claim_url))
      console_.Say("claim", *line);
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
  else if (joined.by == JoinedBy::kRenewed)
    console_.Say("enroll",
                 "expired certificate renewed, valid until " + FormatTime(credentials.not_after));
  else
    console_.Say("enroll", "skipped: certificate of " + credentials.generation +
                               " is valid until " + FormatTime(credentials.not_after));
  if (joined.TokenIsSpent())
    if (const Status masked = MaskTokenOnCommandLine(paths_); !masked)
      console_.Say("enroll", "note: " + masked.error().message());
  platform_.session = std::make_unique<enroll::Session>(
      joined.credentials, enroll::CurlTransports(settings_.transport), clock_);
  platform_.api = std::make_unique<enroll::NodeApi>(*platform_.session);
  return Ok();
}

Result<Assignment> BootCandidates::Ask(std::stop_token stop) {
  const auto good = LoadLastKnownGood(paths_);
  Result<Assignment> live =
      FetchAssignment({.api = *platform_.api,
                       .paths = paths_,
                       .settings = settings_,
                       .instance_id = platform_.session->credentials()->instance_id,
                       .present = good && *good ? &(*good)->composition : nullptr,
                       .retries = enroll::kNoRetries,
                       .now_unix = clock_.UnixSeconds()},
                      std::move(stop));
  if (!live) return live;
  for (const Error& note : live->notes)
    console_.Say("choose", "note: " + note.message() + " [" + note.code() + "]");
  return live;
}

Result<Composition> BootCandidates::Live(std::stop_token stop) {
  RETURN_IF_ERROR(Join(stop));
  failed_stage_ = "choose";
  const auto deadline = clock_.Monotonic() + kLiveBudget;
  for (unsigned tries = 1;; ++tries) {
    Result<Assignment> live = Ask(stop);
    if (live) {
      pace_.Reset();
      const std::string& generation = platform_.session->credentials()->generation;
      if (!generation.empty())
        if (Status proven = enroll::PkiStore(paths_.pki).MarkProven(generation); !proven)
          console_.Say("choose", "note: " + proven.error().message());
      return Believed(*std::move(live));
    }
    if (ClockCorrected(live.error(), stop)) continue;
    if (IsFinal(live.error()) || tries >= kLiveTries || clock_.Monotonic() >= deadline ||
        !clock_.Sleep(kBetweenTries, stop))
      return std::move(live).error().WithContext("ask for the assigned modules");
  }
}

// Once a boot: a second wrong clock is not a matter of asking again.
bool BootCandidates::ClockCorrected(const Error& error, std::stop_token stop) {
  if (std::exchange(time_asked_, true)) return false;
  const enroll::CredentialsPtr now = platform_.session->credentials();
  const Result<std::optional<std::string>> done =
      CorrectClock(error, {now->platform, now->ca_pem}, ClockFloor(paths_, now.get()),
                   enroll::CurlTransports(settings_.transport), clock_, std::move(stop));
  if (done && !*done) time_asked_ = false;  // it was something else
  if (!done) console_.Say("choose", "note: " + done.error().message());
  if (done && *done) console_.Say("choose", **done);
  return done && *done;
}

// A list that lost modules for no stated reason is left to the running agent to confirm
// (node-files.md §10.2, D4).
Result<Composition> BootCandidates::Believed(Assignment live) {
  const Result<std::optional<LastKnownGood>> good = LoadLastKnownGood(paths_);
  if (settings_.last_known_good && good && *good) {
    RETURN_IF_ERROR(RequireRevision(live, (*good)->composition.revision));
    const std::vector<std::string> gone = UnannouncedRemovals((*good)->composition, live);
    if (!gone.empty())
      return Error(ErrorKind::kCannotTell, "unconfirmed_shrink",
                   "the assigned set lacks " + gone.front() +
                       ", and the platform does not say it was removed");
  }
  if (const Status kept = AcceptAssignment(paths_, live, clock_.UnixSeconds()); !kept)
    console_.Say("choose", "note: " + kept.error().message());
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
