#include "runtime/credential_loop.h"

#include <algorithm>
#include <utility>

#include "enroll/adopt.h"
#include "enroll/refresh.h"
#include "enroll/renewal_schedule.h"
#include "runtime/event_spool.h"
#include "runtime/masked_cmdline.h"
#include "runtime/moved_platform.h"
#include "runtime/node_clock.h"

namespace powernode::runtime {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLeastWait{500};
constexpr milliseconds kSoon{1'000};
constexpr milliseconds kLook{60'000};         // answers of other loops are seen within
constexpr milliseconds kMovedAfter{600'000};  // node-files.md §6.2, K5
constexpr std::chrono::hours kKeepTimeEvery{1};
constexpr std::string_view kSubject = "certificate";

bool IsUnauthorized(const Error& error) { return error.code() == "unauthorized"; }

}  // namespace

milliseconds CredentialLoop::Tick(std::stop_token stop) {
  const std::shared_ptr<JoinedPlatform> platform = platform_.Get();
  if (!platform) return Join(StoredCertificate::kUsed, std::move(stop));
  SaveUnsaved(*platform);
  const HeartbeatNews news = heartbeat_.news();
  NoteProof(*platform, news);
  if (news.error) {
    CorrectClockAfter(*news.error, *platform, stop);
    if (clock_.Monotonic() - news.failing_since >= kMovedAfter && clock_.Monotonic() >= look_again_)
      LookElsewhere(*platform, stop);
  }
  if (untried_) return Tried(*platform, untried_, std::move(stop));
  if (platform->session.IsRejected()) return AfterRejection(*platform, std::move(stop));

  const enroll::CredentialsPtr now = platform->session.credentials();
  const bool wished = news.renewal_wanted == now->serial && renewed_for_ != now->serial;
  if (wished) {
    renewed_for_ = now->serial;
    not_before_ = {};
  }
  const bool bearer_due = platform->session.mode() == enroll::CredentialMode::kBearer &&
                          now->bearer && clock_.UnixSeconds() >= now->bearer->RenewalTime();
  const bool due = clock_.UnixSeconds() >= enroll::RenewalTime(*now);
  if (enroll::IsExpiring(*now, clock_.UnixSeconds()))
    findings_.Raise(
        "cert_expiring", Severity::kHigh, std::string(kSubject),
        "the certificate ends at " + FormatTime(now->not_after) + " and could not be renewed yet");
  if ((due || wished || bearer_due) && clock_.Monotonic() >= not_before_)
    return Renew(*platform, due || wished ? enroll::RenewalKey::kNew : enroll::RenewalKey::kCurrent,
                 std::move(stop));
  return std::min<milliseconds>(enroll::RenewalLook(*now, clock_.UnixSeconds()), kLook);
}

milliseconds CredentialLoop::Join(StoredCertificate stored, std::stop_token stop) {
  JoinAttempt attempt = JoinOnce({.paths = paths_,
                                  .persist = board_.Get()->persist,
                                  .sources = settings_->sources,
                                  .claim = settings_->claim,
                                  .stored = stored,
                                  .transports = transports_},
                                 clock_, stop);
  if (!attempt.outcome) {
    platform_.NoteTried();
    const Error& error = attempt.outcome.error();
    const bool pending = error.code() == "claim_pending";  // its code may change, its finding not
    ReportTrouble(
        error.code(), attempt.stage,
        pending ? "this node waits to be claimed, `status` has the code" : error.message());
    ReportClaim(attempt);
    return std::max(kLeastWait, pace_.Next(attempt));
  }
  ReportTrouble("", "", "");
  ReportClaim(attempt);
  findings_.ClearSubject("pki");
  for (const Error& finding : attempt.outcome->findings)
    findings_.Raise(Severity::kMedium, "pki", finding);
  const enroll::CredentialsPtr& credentials = attempt.outcome->credentials;
  const std::string_view how = [&] {
    switch (attempt.outcome->by) {
      case JoinedBy::kStored:
        return ", enrolled before";
      case JoinedBy::kRenewed:
        return ", expired certificate renewed";
      case JoinedBy::kEnrolled:
        return ", enrolled now";
    }
    return "";
  }();
  log_.Info("identity",
            credentials->instance_id + " from " + attempt.outcome->source + std::string(how));
  if (attempt.outcome->TokenIsSpent())
    if (const Status masked = MaskTokenOnCommandLine(paths_); !masked)
      findings_.Raise(Severity::kLow, "cmdline", masked.error());
  if (!attempt.outcome->saved) unsaved_ = credentials;
  pace_ = JoinPace();
  auto platform = std::make_shared<JoinedPlatform>(credentials, transports_, clock_);
  platform->session.DetectMode(std::move(stop));
  rejection_told_ = false;
  platform_.Set(std::move(platform));
  on_change_();
  return kSoon;
}

// To status and console, where it shows when it changes.
void CredentialLoop::ReportClaim(const JoinAttempt& attempt) {
  if (attempt.claim_code != board_.Get()->claim_code) {
    board_.Update([&](NodeReport& report) {
      report.claim_code = attempt.claim_code;
      report.claim_url = attempt.claim_url;
    });
    on_change_();
  }
  if (attempt.claim_code.empty()) return;
  if (const auto line = claim_console_.Show(attempt.claim_code, attempt.claim_url))
    log_.Info("claim", *line);
}

// One finding says what is in the way; the last one is over when it is another. An empty code:
// nothing is.
void CredentialLoop::ReportTrouble(const std::string& code, const std::string& stage,
                                   const std::string& detail) {
  if (trouble_ != std::pair(code, stage)) findings_.Clear(trouble_.first, trouble_.second);
  trouble_ = {code, stage};
  if (!code.empty()) findings_.Raise(code, Severity::kHigh, stage, detail);
}

void CredentialLoop::Tell(std::string_view kind, Severity severity, Json payload) {
  (void)SpoolEvent(paths_, {.kind = kind, .severity = severity, .payload = std::move(payload)},
                   clock_.UnixSeconds());
}

// A certificate that could not be written is good all the same, and is written as soon as that
// works (W3).
void CredentialLoop::SaveUnsaved(JoinedPlatform& platform) {
  if (!unsaved_) return;
  Result<enroll::CredentialsPtr> saved = store_.Save(*unsaved_, "enroll");
  if (!saved) return;  // the finding pki_not_durable stands
  unsaved_ = nullptr;
  findings_.ClearSubject("pki");
  platform.session.Replace(*std::move(saved));
}

void CredentialLoop::NoteProof(JoinedPlatform& platform, const HeartbeatNews& news) {
  if (!news.proven_generation.empty() && news.proven_generation != marked_ &&
      store_.MarkProven(news.proven_generation))
    marked_ = news.proven_generation;
  const bool first = time_kept_.count() == 0;
  if (!news.server_time || news.error ||
      (!first && clock_.Monotonic() < time_kept_ + kKeepTimeEvery))
    return;
  time_kept_ = clock_.Monotonic();
  if (const Status kept = KeepGoodTime(paths_, *platform.session.credentials(), *news.server_time);
      !kept)
    findings_.Raise(Severity::kLow, "clock", kept.error());
  else
    findings_.ClearSubject("clock");
}

void CredentialLoop::CorrectClockAfter(const Error& error, JoinedPlatform& platform,
                                       std::stop_token stop) {
  const enroll::CredentialsPtr now = platform.session.credentials();
  const Result<std::optional<std::string>> corrected =
      CorrectClock(error, {now->platform, now->ca_pem}, ClockFloor(paths_, now.get()), transports_,
                   clock_, std::move(stop));
  if (!corrected)
    findings_.Raise(Severity::kHigh, "clock", corrected.error());
  else if (*corrected)
    log_.Info("clock", **corrected);
}

// The platform does not answer where it was; where the sources say it is now, it is asked with the
// same certificate, and believed when it takes that.
void CredentialLoop::LookElsewhere(JoinedPlatform& platform, std::stop_token stop) {
  look_again_ = clock_.Monotonic() + kMovedAfter;
  std::optional<enroll::Credentials> moved =
      MovedPlatform(paths_, settings_->sources, platform.session.credentials(), clock_, stop);
  if (!moved) return;
  auto fresh = std::make_shared<enroll::Credentials>(*std::move(moved));
  if (!enroll::Adopt(platform.session, fresh, transports_, clock_, stop)) return;
  log_.Info("identity", "the platform is at " + fresh->platform.ToString() + " now");
  Result<enroll::CredentialsPtr> saved = store_.Save(*fresh, "move");
  if (saved)
    platform.session.Replace(*std::move(saved));
  else
    findings_.Raise(Severity::kMedium, "pki", saved.error());
}

milliseconds CredentialLoop::Renew(JoinedPlatform& platform, enroll::RenewalKey key,
                                   std::stop_token stop) {
  Result<enroll::Refreshed> renewed =
      enroll::Refresh(platform.session, store_, transports_, clock_, stop, key);
  if (!renewed) return NotRenewed(renewed.error(), platform, std::move(stop));
  if (renewed->roots_not_kept)
    findings_.Raise(Severity::kHigh, "platform-ca", *renewed->roots_not_kept);
  else
    findings_.ClearSubject("platform-ca");
  return Tried(platform, std::move(renewed->credentials), std::move(stop));
}

// The first request with the new certificate decides: the old one serves until then.
milliseconds CredentialLoop::Tried(JoinedPlatform& platform, enroll::CredentialsPtr fresh,
                                   std::stop_token stop) {
  const std::string old = platform.session.credentials()->generation;
  const Status adopted = enroll::Adopt(platform.session, fresh, transports_, clock_, stop);
  if (!adopted && !IsUnauthorized(adopted.error())) {
    untried_ = std::move(fresh);  // no answer is no refusal
    return NotRenewed(adopted.error(), platform, std::move(stop));
  }
  untried_ = nullptr;
  if (!adopted) {
    Error refused(ErrorKind::kDenied, "rotation_rolled_back",
                  "the platform refuses the certificate it has just issued; the one before is "
                  "used again");
    if (!old.empty())
      if (const Status back = store_.MakeCurrent(old); !back)
        refused = std::move(refused).AlsoFailed(back.error());
    return NotRenewed(refused, platform, std::move(stop));
  }
  if (store_.MarkProven(fresh->generation)) marked_ = fresh->generation;
  log_.Info("certificate",
            "renewed: " + fresh->generation + ", valid until " + FormatTime(fresh->not_after),
            {{"message_id", kCertificateRenewed}});
  Tell("cert.rotated", Severity::kLow,
       {{"serial", fresh->serial}, {"not_after", FormatTime(fresh->not_after)}});
  failures_ = 0;
  rejection_told_ = false;
  not_before_ = {};
  findings_.ClearSubject(std::string(kSubject));
  return kSoon;
}

milliseconds CredentialLoop::NotRenewed(const Error& error, JoinedPlatform& platform,
                                        std::stop_token stop) {
  if (stop.stop_requested()) return kSoon;
  CorrectClockAfter(error, platform, stop);
  const enroll::CredentialsPtr now = platform.session.credentials();
  findings_.Raise(Severity::kMedium, std::string(kSubject), error);
  if (failures_ == 0)
    Tell("cert.rotation_failed", Severity::kMedium,
         {{"code", error.code()}, {"detail", error.message()}});
  const milliseconds wait = enroll::RenewalRetry(*now, ++failures_);
  not_before_ = clock_.Monotonic() + wait;
  if (clock_.UnixSeconds() < now->not_after || untried_) return std::min(wait, kLook);
  // Expired: what boot would do now is the way back.
  platform_.Set(nullptr);
  return Join(StoredCertificate::kUsed, std::move(stop));
}

// The platform takes this certificate no more: the one before may still do, else a new token or a
// claim lets the node in again.
milliseconds CredentialLoop::AfterRejection(JoinedPlatform& platform, std::stop_token stop) {
  const enroll::CredentialsPtr now = platform.session.credentials();
  if (const enroll::CredentialsPtr before = store_.LoadProvenBefore(now->generation)) {
    if (enroll::Adopt(platform.session, before, transports_, clock_, stop)) {
      findings_.Raise(
          "rotation_rolled_back", Severity::kHigh, std::string(kSubject),
          "the platform refuses " + now->generation + "; " + before->generation + " is used again");
      if (const Status back = store_.MakeCurrent(before->generation); !back)
        findings_.Raise(Severity::kMedium, "pki", back.error());
      return kSoon;
    }
  }
  findings_.Raise(
      "auth_rejected", Severity::kCritical, std::string(kSubject),
      "the platform does not take this node's certificate (401) since five minutes; the "
      "modules go on, and a new bootstrap token or a claim lets the node in again");
  if (!std::exchange(rejection_told_, true))
    Tell("auth.rejected", Severity::kCritical, {{"serial", now->serial}});
  const milliseconds wait = Join(StoredCertificate::kRejected, std::move(stop));
  return wait == kSoon ? wait : enroll::kRejectedPeriod;
}

}  // namespace powernode::runtime
