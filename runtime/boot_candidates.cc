#include "runtime/boot_candidates.h"

#include <utility>

#include "agent/base/backoff.h"
#include "enroll/pki_store.h"
#include "runtime/attempts.h"
#include "runtime/last_known_good.h"
#include "runtime/masked_cmdline.h"
#include "runtime/node_clock.h"
#include "runtime/staged_set.h"

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

// A stored set as it is written down; one that cannot be read is said and passed over.
template <typename Stored>
std::optional<Stored> Readable(Result<std::optional<Stored>> stored, BootConsole& console) {
  if (stored) return *std::move(stored);
  console.Say("choose", "note: " + stored.error().message() + " [" + stored.error().code() + "]");
  return std::nullopt;
}

struct StoredSets {
  std::optional<Composition> staged;
  std::optional<LastKnownGood> good;
  std::optional<LastKnownGood> former;
};

StoredSets LoadStoredSets(const Paths& paths, BootConsole& console) {
  return {.staged = Readable(StagedSet(paths), console),
          .good = Readable(LoadLastKnownGood(paths), console),
          .former = Readable(LoadFormerGood(paths), console)};
}

std::optional<std::string> HashOf(const std::optional<LastKnownGood>& good) {
  if (!good) return std::nullopt;
  return CompositionHash(good->composition.modules);
}

Composition Bootable(LastKnownGood good) {
  good.composition.reason = "confirmed " + FormatTime(good.confirmed_at);
  return std::move(good.composition);
}

// Why a complete answer is not believed as it is (node-files.md §10.2, D4).
std::optional<Error> DoubtAbout(const Assignment& live, const StoredSets& stored) {
  std::int64_t accepted = stored.good ? stored.good->composition.revision : 0;
  if (stored.staged) accepted = std::max(accepted, stored.staged->revision);
  if (Status rolled_back = RequireRevision(live, accepted); !rolled_back)
    return std::move(rolled_back).error();
  const std::vector<std::string> gone = stored.good
                                            ? UnannouncedRemovals(stored.good->composition, live)
                                            : std::vector<std::string>();
  if (gone.empty()) return std::nullopt;
  return Error(
      ErrorKind::kCannotTell, "unconfirmed_shrink",
      "the assigned set lacks " + gone.front() + ", and the platform does not say it was removed");
}

}  // namespace

// A node that can boot what it has stored does so at once and is claimed from there; only when that
// did not boot it waits here.
bool BootCandidates::MayClaim() {
  const bool first = !std::exchange(joined_before_, true);
  if (!settings_.claim || !first) return settings_.claim;
  const auto good = LoadLastKnownGood(paths_);
  const auto staged = StagedSet(paths_);
  const bool stored =
      (good && *good && settings_.last_known_good && !LastKnownGoodDisabled(paths_)) ||
      (staged && *staged);
  return !stored;
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

Result<Assignment> BootCandidates::Live(std::stop_token stop) {
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
      return live;
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

BootOffer BootCandidates::Gather(const std::string& boot_id, std::stop_token stop) {
  BootOffer offer;
  offer.stage = "choose";
  BootFacts facts{.rescue_wanted = settings_.rescue,
                  .counts_last = persist_ == PersistState::kDurable && !counting_fails_,
                  .good_allowed = settings_.last_known_good && !LastKnownGoodDisabled(paths_)};
  if (facts.rescue_wanted) {
    offer.not_live = Error(ErrorKind::kRefused, "rescue_requested",
                           "powernode.rescue=1 is on the kernel command line");
    return offer;
  }
  Result<Assignment> live = Live(stop);
  StoredSets stored = LoadStoredSets(paths_, console_);
  const std::vector<Attempt> attempts = LoadAttempts(paths_);
  const auto facts_of = [&](const Composition& set) {
    SetFacts known = FactsOf(CompositionHash(set.modules), attempts, boot_id, clock_.UnixSeconds());
    known.tried_here = known.tried_here || tried_.contains(known.hash);
    return known;
  };
  facts.good = HashOf(stored.good);
  facts.former_good = HashOf(stored.former);
  if (stored.staged) facts.staged = facts_of(*stored.staged);
  if (live) {
    facts.live = LiveFacts{facts_of(live->composition)};
    offer.not_live = DoubtAbout(*live, stored);
    if (!offer.not_live)
      if (const Status kept = AcceptAssignment(paths_, *live, clock_.UnixSeconds()); !kept)
        console_.Say("choose", "note: " + kept.error().message());
    facts.live->rolled_back = offer.not_live && offer.not_live->code() == "revision_rollback";
    facts.live->shrinks = offer.not_live && !facts.live->rolled_back;
    if (!offer.not_live)
      if (Status left = RequireAttemptLeft(attempts, facts.live->hash); !left)
        offer.not_live = std::move(left).error();
  } else {
    offer.not_live = live.error();
    offer.stage = failed_stage_;
  }

  for (const BootChoice& choice : ChooseBoot(facts)) {
    switch (choice.source) {
      case BootSource::kLive:
        offer.candidates.push_back({choice, live->composition});
        break;
      case BootSource::kStaged:
        offer.candidates.push_back({choice, *stored.staged});
        break;
      case BootSource::kLastKnownGood:
        offer.candidates.push_back({choice, Bootable(*stored.good)});
        break;
      case BootSource::kFormerGood:
        offer.candidates.push_back({choice, Bootable(*stored.former)});
        break;
    }
  }
  if (!offer.candidates.empty() && offer.candidates.front().choice.source == BootSource::kLive)
    offer.not_live.reset();
  else if (!offer.not_live)
    offer.not_live = Error(ErrorKind::kRefused, "attempts_used_up",
                           "the assigned set was tried in this boot, and attempts cannot be kept "
                           "for the next one");
  return offer;
}

Status BootCandidates::Count(const std::string& hash, const std::string& boot_id) {
  tried_.insert(hash);
  Status counted = CountAttempt(paths_, hash, boot_id, clock_.UnixSeconds());
  counting_fails_ = !counted;
  return counted;
}

std::chrono::milliseconds BootCandidates::NextWait() {
  constexpr std::chrono::milliseconds kLeast{2'000};
  return std::max(kLeast, failed_join_ ? join_pace_.Next(*failed_join_) : pace_.Next());
}

}  // namespace powernode::runtime
