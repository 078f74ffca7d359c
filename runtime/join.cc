#include "runtime/join.h"

#include <algorithm>

#include "agent/base/backoff.h"
#include "agent/base/sha256.h"
#include "enroll/pending_request.h"
#include "runtime/claim.h"
#include "runtime/claim_state.h"
#include "runtime/expired_certificate.h"
#include "runtime/identity_sources.h"
#include "runtime/node_clock.h"

namespace powernode::runtime {
namespace {

constexpr std::chrono::seconds kIdentityCap{300};

bool IsRefused(const enroll::EnrollAttempt& attempt) {
  return !attempt.outcome && attempt.outcome.error().code() == "token_refused";
}

std::string NameOf(const identity::Identity& identity) {
  return identity.bootstrap_token ? Sha256Hex(identity.bootstrap_token->Reveal()) : "";
}

// A claim that was asked for because this very token had been refused is used in its place.
void TakeClaimInstead(const std::string& pki_directory, identity::Identity& identity) {
  std::optional<enroll::ClaimResult> kept = enroll::KeptClaim(pki_directory);
  if (!kept || kept->instead_of.empty() || kept->instead_of != NameOf(identity) ||
      kept->platform != identity.platform || kept->instance_uuid != identity.instance_uuid)
    return;
  identity.bootstrap_token = std::move(kept->token);
  identity.token_from.source = enroll::kClaimSource;
}

// What the platform refused, a person can still confirm.
identity::Claimable ClaimableOf(const identity::Identity& identity) {
  return {.instance_uuid = identity.instance_uuid,
          .platform = identity.platform,
          .ca_pem = identity.ca_pem,
          .platform_from = identity.platform_from,
          .ca_from = identity.ca_from};
}

// One round, from what is stored to what came of it.
class JoinRound {
 public:
  JoinRound(const JoinRequest& request, Clock& clock, std::stop_token stop)
      : request_(request),
        clock_(clock),
        stop_(std::move(stop)),
        store_(request.paths.pki),
        loaded_(store_.Load(clock.UnixSeconds())),
        findings_(std::move(loaded_.findings)) {}

  JoinAttempt Run() {
    ImportSet();
    if (HasExpired())
      if (enroll::CredentialsPtr renewed = RenewExpiredOne())
        return Done(
            {.credentials = std::move(renewed), .by = JoinedBy::kRenewed, .source = "stored"},
            "renew");
    Result<identity::Identity> resolved = Resolve();
    RepairCurrent();
    if (!resolved) return Failed(std::move(resolved).error(), claim_ ? "claim" : "identity");
    identity::Identity identity = *std::move(resolved);
    const std::string source = identity.instance_uuid_from.source;
    if (identity.enrolled)
      return Done({.credentials = loaded_.credentials, .by = JoinedBy::kStored, .source = source},
                  "identity");

    enroll::EnrollAttempt attempt = EnrollOrClaim(identity);
    if (!attempt.outcome && usable_) return StayAs(identity, attempt.outcome.error());
    if (!attempt.outcome) return NotEnrolled(std::move(attempt), source);
    const bool saved = !attempt.outcome->not_saved.has_value();
    if (!saved) findings_.push_back(*attempt.outcome->not_saved);
    if (attempt.outcome->roots_not_kept) findings_.push_back(*attempt.outcome->roots_not_kept);
    (void)EndClaimState(request_.paths);  // only a memory
    return Done({.credentials = attempt.outcome->credentials,
                 .by = JoinedBy::kEnrolled,
                 .saved = saved,
                 .source = source},
                "enroll");
  }

 private:
  // What another agent has enrolled or renewed here.
  void ImportSet() {
    const Result<bool> taken = store_.Import(clock_.UnixSeconds());
    if (!taken) findings_.push_back(taken.error());
    if (taken && *taken) loaded_ = store_.Load(clock_.UnixSeconds());
  }

  bool HasExpired() const {
    return loaded_.credentials && loaded_.credentials->not_after <= clock_.UnixSeconds();
  }

  // The first rung of the ladder (enroll/README.md); null: go on with the next.
  enroll::CredentialsPtr RenewExpiredOne() {
    auto renew = [this] {
      return RenewExpired(loaded_.credentials, store_, request_.transports, clock_, stop_);
    };
    Result<enroll::Refreshed> renewed = renew();
    if (!renewed && ClockCorrected(renewed.error(),
                                   {loaded_.credentials->platform, loaded_.credentials->ca_pem})) {
      if (!HasExpired()) return nullptr;
      renewed = renew();
    }
    if (renewed) return std::move(renewed->credentials);
    not_renewed_ = renewed.error();
    findings_.push_back(*not_renewed_);
    return nullptr;
  }

  // Sets a wrong clock right, if `error` speaks of one.
  bool ClockCorrected(const Error& error, const TimeSource& source) {
    const Result<std::optional<std::string>> done =
        CorrectClock(error, source, ClockFloor(request_.paths, loaded_.credentials.get()),
                     request_.transports, clock_, stop_);
    if (!done) findings_.push_back(done.error());
    if (!done || !*done) return false;
    findings_.push_back(Error(ErrorKind::kRefused, "clock_corrected", **done));
    return true;
  }

  // From the sources, or by claim when these lack nothing but the token.
  Result<identity::Identity> Resolve() {
    identity::SourceContext context =
        SourcesOf(request_.paths, request_.sources, loaded_.credentials, clock_, stop_);
    if (context.stored && request_.stored == StoredCertificate::kRejected)
      context.stored->usable = false;
    context.given = request_.given;
    usable_ = context.stored && context.stored->usable;
    identity::Resolution resolution = identity::Resolve(context);
    findings_.insert(findings_.end(), resolution.findings.begin(), resolution.findings.end());
    if (!resolution.identity && resolution.claimable && request_.claim)
      return AskByClaim(*resolution.claimable, "");
    return std::move(resolution.identity);
  }

  void RepairCurrent() {
    if (!loaded_.credentials || loaded_.is_current) return;
    if (Status repaired = store_.MakeCurrent(loaded_.credentials->generation); !repaired)
      findings_.push_back(repaired.error());
  }

  Result<identity::Identity> AskByClaim(const identity::Claimable& who,
                                        const std::string& instead_of) {
    auto ask = [&] {
      claim_ = ClaimOnce({.paths = request_.paths,
                          .who = who,
                          .expired = loaded_.credentials,
                          .instead_of = instead_of},
                         request_.transports, clock_, stop_);
    };
    ask();
    if (!claim_->identity && ClockCorrected(claim_->identity.error(), {who.platform, who.ca_pem}))
      ask();
    return claim_->identity;
  }

  enroll::EnrollAttempt EnrollAs(const identity::Identity& identity) {
    const enroll::PersistKind persist = request_.persist == PersistState::kDurable
                                            ? enroll::PersistKind::kDurable
                                            : enroll::PersistKind::kVolatile;
    auto enroll = [&] {
      return enroll::Enroll(identity, persist, store_, request_.transports, clock_, stop_);
    };
    enroll::EnrollAttempt attempt = enroll();
    if (!attempt.outcome &&
        ClockCorrected(attempt.outcome.error(), {identity.platform, identity.ca_pem}))
      return enroll();
    return attempt;
  }

  // A token that is refused leaves the claim; nothing is asked by claim while a certificate can be
  // used (ID-2).
  enroll::EnrollAttempt EnrollOrClaim(identity::Identity& identity) {
    TakeClaimInstead(request_.paths.pki, identity);
    enroll::EnrollAttempt attempt = EnrollAs(identity);
    if (IsRefused(attempt) && identity.token_from.source != enroll::kClaimSource &&
        request_.claim && !usable_) {
      Result<identity::Identity> claimed = AskByClaim(ClaimableOf(identity), NameOf(identity));
      if (claimed) {
        identity = *std::move(claimed);
        attempt = EnrollAs(identity);
      }
    }
    if (IsRefused(attempt) && identity.token_from.source == enroll::kClaimSource)
      if (Status forgotten = enroll::ForgetClaim(request_.paths.pki); !forgotten)
        attempt.outcome = std::move(attempt.outcome).error().AlsoFailed(forgotten.error());
    return attempt;
  }

  // Another instance's token did not work: the node goes on as who it was (node-files.md §2.2, I7).
  JoinAttempt StayAs(const identity::Identity& other, const Error& error) {
    Error refused = error.WithContext("become " + other.instance_uuid);
    findings_.push_back(refused);
    return Done({.credentials = loaded_.credentials,
                 .by = JoinedBy::kStored,
                 .source = "stored",
                 .refused_change = std::move(refused)},
                "identity");
  }

  JoinAttempt NotEnrolled(enroll::EnrollAttempt attempt, const std::string& source) {
    Error error = attempt.outcome.error();
    if (claim_ && !claim_->identity)
      error = Error(error.kind(), error.code(),
                    error.message() + "; " + claim_->identity.error().message());
    JoinAttempt failed = Failed(std::move(error), "enroll");
    failed.source = source;
    failed.enroll = std::move(attempt);
    return failed;
  }

  JoinAttempt Done(Joined joined, std::string stage) {
    std::string source = joined.source;
    joined.findings = std::move(findings_);
    return {.outcome = std::move(joined), .stage = std::move(stage), .source = std::move(source)};
  }

  JoinAttempt Failed(Error error, std::string stage) {
    if (not_renewed_) error = std::move(error).AlsoFailed(*not_renewed_);
    JoinAttempt failed{.outcome = std::move(error), .stage = std::move(stage), .source = ""};
    if (!claim_) return failed;
    failed.claim = claim_->attempt;
    failed.claim_code = claim_->code;
    failed.claim_url = claim_->url;
    return failed;
  }

  const JoinRequest& request_;
  Clock& clock_;
  std::stop_token stop_;
  enroll::PkiStore store_;
  enroll::PkiStore::Loaded loaded_;
  std::vector<Error> findings_;
  std::optional<Error> not_renewed_;  // why an expired certificate stays so
  bool usable_ = false;               // the stored certificate can be used
  std::optional<ClaimRound> claim_;
};

}  // namespace

JoinAttempt JoinOnce(const JoinRequest& request, Clock& clock, std::stop_token stop) {
  return JoinRound(request, clock, std::move(stop)).Run();
}

bool Joined::TokenIsSpent() const {
  const bool conflict = std::any_of(findings.begin(), findings.end(), [](const Error& finding) {
    return finding.code() == "identity_conflict";
  });
  return saved && !refused_change && !conflict;
}

std::chrono::milliseconds JoinPace::Next(const JoinAttempt& failed) {
  if (failed.claim) return claim_.Next(*failed.claim);
  if (failed.enroll) return enroll_.Next(*failed.enroll);
  const std::chrono::milliseconds wait = Jittered(identity_, 0.1);
  identity_ = std::min(identity_ * 2, kIdentityCap);
  return wait;
}

}  // namespace powernode::runtime
