#include "agent/base/log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/json.h"
#include "agent/base/syscalls.h"
#include "tests/support/temporary_directory.h"

namespace powernode::log_test {
namespace {

TEST_SUITE_BEGIN("log");

// A log whose lines can be read back.
struct Written {
  explicit Written(LogFormat format, LogLevel lowest = LogLevel::kDebug)
      : fd(*Open(root / "log", O_WRONLY | O_CREAT | O_APPEND, 0600)),
        log(fd.get(), format, lowest) {}

  std::string Text() const { return *ReadFile(root / "log", 10'000'000); }

  testing::TemporaryDirectory root;
  Fd fd;
  Log log;
};

TEST_CASE("for people: time, stage, text and fields on one line") {
  Written out(LogFormat::kPeople);
  out.log.Info("reconcile", "module nginx is up to date", {{"module", "m1"}});
  const std::string line = out.Text();
  CHECK(line.size() > 9);
  CHECK(line[2] == ':');
  CHECK(line.substr(8) == " reconcile: module nginx is up to date  module=m1\n");
}

TEST_CASE("for people, warnings and errors say so") {
  Written out(LogFormat::kPeople);
  out.log.Warning("pki", "old");
  out.log.Failure(LogLevel::kError, "enroll",
                  Error(ErrorKind::kDenied, "token_refused", "the token was refused"));
  CHECK(out.Text().find(" warning: pki: old\n") != std::string::npos);
  CHECK(out.Text().find(" error: enroll: the token was refused  error_code=token_refused\n") !=
        std::string::npos);
}

TEST_CASE("for the journal: one JSON object a line behind a priority") {
  struct Row {
    LogLevel level;
    const char* prefix;
    const char* name;
  };
  for (const Row& row :
       {Row{LogLevel::kDebug, "<7>", "debug"}, Row{LogLevel::kInfo, "<6>", "info"},
        Row{LogLevel::kWarning, "<4>", "warning"}, Row{LogLevel::kError, "<3>", "error"}}) {
    Written out(LogFormat::kJson);
    out.log.Write(row.level, "fetch", "text", {{"module", "m1"}});
    const std::string line = out.Text();
    REQUIRE(line.starts_with(row.prefix));
    const Json object = *ParseJsonObject(std::string_view(line).substr(3, line.size() - 4));
    CHECK(object["level"] == row.name);
    CHECK(object["stage"] == "fetch");
    CHECK(object["text"] == "text");
    CHECK(object["module"] == "m1");
  }
}

TEST_CASE("whatever the text is, it is one line without control characters") {
  const std::string hostile =
      "first\nsecond\r\x1b[2J\x07 \xc2\x9b"
      "2J \xff\xfe end" +
      std::string(1, '\0');
  for (const LogFormat format : {LogFormat::kPeople, LogFormat::kJson}) {
    Written out(format);
    out.log.Info("stage", hostile, {{"key", hostile}});
    const std::string line = out.Text();
    CHECK(std::count(line.begin(), line.end(), '\n') == 1);
    CHECK(line.ends_with('\n'));
    CHECK(std::none_of(line.begin(), line.end() - 1,
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
    CHECK(line.find("end") != std::string::npos);
  }
}

TEST_CASE("what is below the lowest level is not written") {
  Written out(LogFormat::kPeople, LogLevel::kWarning);
  out.log.Debug("a", "hidden");
  out.log.Info("a", "hidden");
  CHECK(out.Text().empty());
  out.log.Warning("a", "shown");
  CHECK_FALSE(out.Text().empty());
}

TEST_CASE("lines of many threads do not mix") {
  Written out(LogFormat::kPeople);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&out, t] {
        for (int i = 0; i < 200; ++i)
          out.log.Info("t", std::string(300, static_cast<char>('a' + t)));
      });
  }
  const std::string text = out.Text();
  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size(); ++lines) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at + 12, end - at - 12);
    REQUIRE(line == std::string(300, line.front()));
    at = end + 1;
  }
  CHECK(lines == 800);
}

TEST_CASE("a descriptor that cannot be written to is no reason to fail") {
  Log log(-1, LogFormat::kPeople, LogLevel::kDebug);
  log.Info("stage", "text");
}

TEST_CASE("speaks JSON only when the descriptor is the journal's stream") {
  testing::TemporaryDirectory root;
  const Fd fd = *Open(root / "stream", O_WRONLY | O_CREAT, 0600);
  const struct stat info = *Fstat(fd);
  ::unsetenv("JOURNAL_STREAM");
  CHECK(LogFormatFor(fd.get()) == LogFormat::kPeople);
  ::setenv("JOURNAL_STREAM",
           (std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino)).c_str(), 1);
  CHECK(LogFormatFor(fd.get()) == LogFormat::kJson);
  ::setenv("JOURNAL_STREAM", "1:2", 1);
  CHECK(LogFormatFor(fd.get()) == LogFormat::kPeople);
  CHECK(LogFormatFor(-1) == LogFormat::kPeople);
  ::unsetenv("JOURNAL_STREAM");
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::log_test
