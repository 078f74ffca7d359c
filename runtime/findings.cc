#include "runtime/findings.h"

#include <algorithm>

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxFindings = 100;

}  // namespace

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kLow:
      return "low";
    case Severity::kMedium:
      return "medium";
    case Severity::kHigh:
      return "high";
    case Severity::kCritical:
      return "critical";
  }
  return "medium";
}

void Findings::Raise(const std::string& code, Severity severity, const std::string& subject,
                     const std::string& detail, const char* message_id) {
  {
    const std::scoped_lock lock(mutex_);
    const auto [entry, is_new] = findings_.try_emplace({code, subject});
    Finding& finding = entry->second;
    if (!is_new && finding.detail == detail) return;
    if (is_new) finding.since = clock_.UnixSeconds();
    finding.code = code;
    finding.severity = severity;
    finding.subject = subject;
    finding.detail = detail;
  }
  log_.Write(severity >= Severity::kHigh ? LogLevel::kError : LogLevel::kWarning, subject, detail,
             {{"error_code", code}, {"message_id", message_id}});
}

void Findings::Clear(const std::string& code, const std::string& subject) {
  {
    const std::scoped_lock lock(mutex_);
    if (findings_.erase({code, subject}) == 0) return;
  }
  log_.Info(subject, code + " is over", {{"error_code", code}, {"message_id", kFindingCleared}});
}

void Findings::ClearSubject(const std::string& subject) {
  std::vector<std::string> codes;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [key, finding] : findings_)
      if (key.second == subject) codes.push_back(key.first);
  }
  for (const std::string& code : codes) Clear(code, subject);
}

std::vector<Finding> Findings::List() const {
  std::vector<Finding> list;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [key, finding] : findings_) list.push_back(finding);
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  if (list.size() > kMaxFindings) list.resize(kMaxFindings);
  return list;
}

Json Findings::ToJson() const {
  Json array = Json::array();
  for (const Finding& finding : List())
    array.push_back({{"code", finding.code},
                     {"severity", SeverityName(finding.severity)},
                     {"subject", finding.subject},
                     {"detail", finding.detail},
                     {"since", FormatTime(finding.since)}});
  return array;
}

}  // namespace powernode::runtime
