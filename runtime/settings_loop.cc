#include "runtime/settings_loop.h"

#include <string>

namespace powernode::runtime {
namespace {

constexpr std::chrono::milliseconds kRetry{60'000};
// Who sends signals without end does not keep a processor busy.
constexpr std::chrono::milliseconds kBetween{100};

}  // namespace

void ReportIgnoredLines(const Settings& settings, Findings& findings) {
  findings.ClearSubject("settings");
  for (const std::string& finding : settings.findings)
    findings.Raise("setting_ignored", Severity::kLow, "settings", finding);
}

std::chrono::milliseconds SettingsLoop::Tick(std::stop_token stop) {
  if (!hangup_) {
    Result<Hangup> watched = Hangup::Watch();
    if (!watched) {
      findings_.Raise(Severity::kLow, "reload", watched.error());
      return kRetry;
    }
    findings_.ClearSubject("reload");
    hangup_ = *std::move(watched);
  }
  if (!hangup_->Await(std::move(stop))) return kBetween;
  Settings fresh = read_();
  ReportIgnoredLines(fresh, findings_);
  settings_.Set(std::move(fresh));
  taken_();
  log_.Info("settings", "the configuration was read again");
  return kBetween;
}

}  // namespace powernode::runtime
