// Structured log lines for two readers: people on a terminal or console, and the journal.
//
// On a terminal: `12:04:11 reconcile: module nginx is up to date  module=m1`. When stderr is the
// journal's stream ($JOURNAL_STREAM): one JSON object a line, with PRIORITY in the form systemd
// reads ("<6>" prefix), unless a sink such as Journal takes the line. Thread-safe; one write(2) a
// line, so that lines never mix. No secret has a way in: values are text, and Secret does not
// convert to text.
#pragma once

#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/base/error.h"

namespace powernode {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kPeople, kJson };

using LogFields = std::vector<std::pair<std::string, std::string>>;

// Takes lines instead of the descriptor; used by many threads at once.
class LogSink {
 public:
  virtual ~LogSink() = default;
  // False: this line goes to the descriptor.
  virtual bool Take(LogLevel level, std::string_view stage, std::string_view text,
                    const LogFields& fields) = 0;
};

class Log {
 public:
  // `fd` is not owned.
  Log(int fd, LogFormat format, LogLevel lowest) : fd_(fd), format_(format), lowest_(lowest) {}

  // Before the first line; `sink` outlives this object.
  void UseSink(LogSink* sink) { sink_ = sink; }

  void Debug(std::string_view stage, std::string_view text, const LogFields& fields = {}) {
    Write(LogLevel::kDebug, stage, text, fields);
  }
  void Info(std::string_view stage, std::string_view text, const LogFields& fields = {}) {
    Write(LogLevel::kInfo, stage, text, fields);
  }
  void Warning(std::string_view stage, std::string_view text, const LogFields& fields = {}) {
    Write(LogLevel::kWarning, stage, text, fields);
  }
  void Failure(LogLevel level, std::string_view stage, const Error& error);

  void Write(LogLevel level, std::string_view stage, std::string_view text,
             const LogFields& fields);

 private:
  int fd_;
  LogFormat format_;
  LogLevel lowest_;
  LogSink* sink_ = nullptr;
  std::mutex mutex_;
};

// syslog(3)'s number for the level.
int SyslogPriority(LogLevel level);

// kJson when $JOURNAL_STREAM names the given descriptor (systemd.exec(5)), else kPeople.
LogFormat LogFormatFor(int fd);

}  // namespace powernode
