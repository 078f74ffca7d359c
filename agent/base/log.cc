#include "agent/base/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/printable.h"
#include "agent/base/version.h"

namespace powernode {
namespace {

std::string_view Name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "info";
}

}  // namespace

int SyslogPriority(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return 7;
    case LogLevel::kInfo:
      return 6;
    case LogLevel::kWarning:
      return 4;
    case LogLevel::kError:
      return 3;
  }
  return 6;
}

void Log::Failure(LogLevel level, std::string_view stage, const Error& error) {
  Write(level, stage, error.message(), {{"error_code", error.code()}});
}

void Log::Write(LogLevel level, std::string_view stage, std::string_view text,
                const LogFields& fields) {
  if (level < lowest_ || (sink_ != nullptr && sink_->Take(level, stage, text, fields))) return;
  std::string line;
  if (format_ == LogFormat::kJson) {
    OrderedJson object;
    object["time"] = FormatTime(SystemClock().UnixSeconds());
    object["level"] = Name(level);
    object["stage"] = stage;
    object["text"] = text;
    for (const auto& [key, value] : fields) object[key] = value;
    line = "<" + std::to_string(SyslogPriority(level)) + ">" + DumpJson(object) + "\n";
  } else {
    line = FormatTime(SystemClock().UnixSeconds()).substr(11, 8) + " ";
    if (level >= LogLevel::kWarning) line += std::string(Name(level)) + ": ";
    line += std::string(stage) + ": " + Printable(text);
    for (const auto& [key, value] : fields)
      if (key != "message_id") line += "  " + key + "=" + Printable(value);
    line += "\n";
  }
  const std::scoped_lock lock(mutex_);
  // A log that cannot be written has nobody to tell.
  [[maybe_unused]] const auto written = ::write(fd_, line.data(), line.size());
}

LogFormat LogFormatFor(int fd) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat info {};
  if (stream == nullptr || ::fstat(fd, &info) < 0) return LogFormat::kPeople;
  const std::string own = std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
  return own == stream ? LogFormat::kJson : LogFormat::kPeople;
}

}  // namespace powernode
