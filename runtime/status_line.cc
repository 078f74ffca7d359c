#include "runtime/status_line.h"

#include <algorithm>

namespace powernode::runtime {
namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

// "1 module", "2 modules".
std::string Count(std::size_t number, const std::string& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string Ago(std::int64_t seconds) {
  if (seconds < kMinute) return "less than a minute ago";
  const auto [unit, noun] = seconds < kHour  ? std::pair(kMinute, "minute")
                            : seconds < kDay ? std::pair(kHour, "hour")
                                             : std::pair(kDay, "day");
  return Count(static_cast<std::size_t>(seconds / unit), noun) + " ago";
}

}  // namespace

std::string StatusLine(const NodeReport& report, const LastHeartbeat& heartbeat,
                       const std::vector<Finding>& findings, std::int64_t now_unix) {
  std::string line = std::string(NodeModeName(report.mode)) + " mode, ";
  if (report.breadcrumb) {
    const Composition& set = report.breadcrumb->composition;
    line += "set " + CompositionHash(set.modules).substr(0, 12) +
            (set.source == CompositionSource::kLastKnownGood ? ", last known good: " : ": ") +
            std::to_string(report.live_ids.size()) + " of " + Count(set.modules.size(), "module") +
            " live";
  } else {
    line += "no modules";
  }
  const auto failed = static_cast<std::size_t>(
      std::count_if(report.services.begin(), report.services.end(),
                    [](const ServiceReport& service) { return service.state.active == "failed"; }));
  if (failed > 0)
    line += ", " + std::to_string(failed) + " of " + Count(report.services.size(), "service") +
            " failed";
  if (!findings.empty())
    line += "; " + Count(findings.size(), "finding") + ", " +
            std::string(SeverityName(findings.front().severity)) + ": " + findings.front().subject;
  line += heartbeat.at > 0
              ? "; heartbeat answered " + Ago(std::max<std::int64_t>(now_unix - heartbeat.at, 0))
              : "; no heartbeat yet";
  if (!heartbeat.error.empty()) line += " (" + heartbeat.error + ")";
  return line;
}

}  // namespace powernode::runtime
