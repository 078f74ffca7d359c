#include "tests/platform/clock.h"

#include <ctime>

namespace powernode::platform {
namespace {

std::string Format(Seconds time, const char* pattern) {
  const std::time_t value = time;
  std::tm parts{};
  ::gmtime_r(&value, &parts);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, pattern, &parts));
}

}  // namespace

Seconds MachineTime() { return ::time(nullptr); }

std::string FormatTime(Seconds time) { return Format(time, "%Y-%m-%dT%H:%M:%SZ"); }

std::string FormatHttpDate(Seconds time) { return Format(time, "%a, %d %b %Y %H:%M:%S GMT"); }

std::optional<Seconds> ParseTime(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);
  const char* end = ::strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return ::timegm(&parts);
}

std::string FormatAge(Seconds span) {
  if (span < 0) return "in " + FormatAge(-span);
  if (span < 120) return std::to_string(span) + " s";
  if (span < 7200) return std::to_string(span / 60) + " min";
  if (span < 172800) return std::to_string(span / 3600) + " h";
  return std::to_string(span / 86400) + " d";
}

}  // namespace powernode::platform
