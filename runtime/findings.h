// What is amiss, as the platform and the operator see it (node-api.md §8.1): a code, a severity, a
// subject and a detail, kept until the cause is gone and never twice. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "runtime/message_ids.h"

namespace powernode::runtime {

enum class Severity { kLow, kMedium, kHigh, kCritical };

struct Finding {
  std::string code;
  Severity severity = Severity::kMedium;
  std::string subject;
  std::string detail;
  std::int64_t since = 0;  // seconds since 1970
};

class Findings {
 public:
  Findings(Clock& clock, Log& log) : clock_(clock), log_(log) {}

  // Logs the first occurrence and each change of the detail, nothing else (RT-15).
  void Raise(const std::string& code, Severity severity, const std::string& subject,
             const std::string& detail, const char* message_id = kFindingRaised);
  void Raise(Severity severity, const std::string& subject, const Error& error,
             const char* message_id = kFindingRaised) {
    Raise(error.code(), severity, subject, error.message(), message_id);
  }
  void Clear(const std::string& code, const std::string& subject);
  // Clears all findings of the subject.
  void ClearSubject(const std::string& subject);

  std::vector<Finding> List() const;  // at most 100, the most severe first
  Json ToJson() const;

 private:
  Clock& clock_;
  Log& log_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Finding> findings_;  // by code and subject
};

std::string_view SeverityName(Severity severity);

}  // namespace powernode::runtime
