#include "agent/base/process.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "tests/support/temporary_directory.h"

namespace powernode::process_test {
namespace {

using std::chrono::milliseconds;

TEST_SUITE_BEGIN("process");

constexpr milliseconds kPatient{20'000};

Result<ProcessOutcome> Shell(const std::string& script, milliseconds deadline = kPatient) {
  return SystemProcessRunner().Run({"/bin/sh", "-c", script}, deadline);
}

bool Alive(const std::string& pid) {
  const Result<std::string> stat = ReadFile("/proc/" + pid + "/stat", 10'000);
  return stat.ok() && stat->find(") Z ") == std::string::npos;
}

TEST_CASE("gives both streams and the exit code") {
  const Result<ProcessOutcome> outcome = Shell("echo out; echo err >&2; exit 3");
  REQUIRE(outcome);
  CHECK(outcome->exit_code == 3);
  CHECK(outcome->output == "out\nerr\n");
}

TEST_CASE("a signal is 128 and its number") {
  CHECK(Shell("kill -TERM $$")->exit_code == 128 + SIGTERM);
}

TEST_CASE("a missing program is not found, and the error names it") {
  const Result<ProcessOutcome> outcome = SystemProcessRunner().Run({"/no/such/program"}, kPatient);
  CHECK(outcome.error().kind() == ErrorKind::kNotFound);
  CHECK(outcome.error().message().find("/no/such/program") != std::string::npos);
  CHECK(SystemProcessRunner().Run({"/etc/passwd"}, kPatient).error().system_errno() == EACCES);
}

TEST_CASE("arguments arrive as they are: no shell looks at them") {
  CHECK(SystemProcessRunner().Run({"/bin/echo", "$HOME; ls *", "two  spaces"}, kPatient)->output ==
        "$HOME; ls * two  spaces\n");
}

TEST_CASE("the environment is clean, input is empty, and no other descriptor is open") {
  ::setenv("POWERNODE_TEST_SECRET", "seen", 1);
  testing::TemporaryDirectory root;
  const int inherited =
      ::open((root / "file").c_str(), O_RDWR | O_CREAT, 0600);  // no O_CLOEXEC, as a library would
  REQUIRE(inherited > 2);
  CHECK(SystemProcessRunner().Run({"/usr/bin/env"}, kPatient)->output ==
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLC_ALL=C.UTF-8\n");
  CHECK(Shell("cat; echo end")->output == "end\n");
  CHECK(Shell("[ ! -e /proc/self/fd/" + std::to_string(inherited) + " ] && echo closed")->output ==
        "closed\n");
  ::close(inherited);
  ::unsetenv("POWERNODE_TEST_SECRET");
}

TEST_CASE("blocked and ignored signals are not passed on") {
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  CHECK(Shell("kill -TERM $$; echo survived")->exit_code == 128 + SIGTERM);
  CHECK(Shell("kill -PIPE $$; echo survived")->exit_code == 128 + SIGPIPE);
  ::signal(SIGPIPE, before);
  ::sigprocmask(SIG_UNBLOCK, &blocked, nullptr);
}

TEST_CASE("of much output the last 64 KiB are kept") {
  const Result<ProcessOutcome> outcome = Shell("head -c 1000000 /dev/zero | tr '\\0' x; echo end");
  REQUIRE(outcome);
  CHECK(outcome->output.size() == 64 * 1024);
  CHECK(outcome->truncated);
  CHECK_FALSE(Shell("echo little")->truncated);
  CHECK(outcome->output.ends_with("xxend\n"));
}

TEST_CASE("the deadline kills the process and every process of its group") {
  testing::TemporaryDirectory root;
  const std::string note = root / "child";
  const milliseconds start = SystemClock().Monotonic();
  const Result<ProcessOutcome> outcome =
      Shell("sleep 60 & echo $! > " + note + "; wait", milliseconds(400));
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().kind() == ErrorKind::kUnavailable);
  CHECK(outcome.error().code() == "timeout");
  CHECK(outcome.error().message() == "/bin/sh did not end within 400 ms");
  CHECK(SystemClock().Monotonic() - start < milliseconds(10'000));
  std::string pid = *ReadFile(note, 100);
  REQUIRE_FALSE(pid.empty());
  pid.pop_back();
  for (int i = 0; i < 100 && Alive(pid); ++i) ::usleep(10'000);
  CHECK_FALSE(Alive(pid));
}

TEST_CASE("the deadline also holds for a process that has closed its output") {
  CHECK(Shell("exec >&- 2>&-; sleep 60", milliseconds(300)).error().code() == "timeout");
}

TEST_CASE("being told to stop ends the process and its group like the deadline") {
  std::stop_source source;
  const std::jthread stopper([&] {
    ::usleep(200'000);
    source.request_stop();
  });
  const milliseconds start = SystemClock().Monotonic();
  const Result<ProcessOutcome> outcome = SystemProcessRunner().Run(
      {"/bin/sh", "-c", "sleep 60 & sleep 60"}, kPatient, source.get_token());
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code() == "stopped");
  CHECK(SystemClock().Monotonic() - start < milliseconds(5'000));
}

TEST_CASE("a process left behind with the output open does not delay the answer, and is killed") {
  testing::TemporaryDirectory root;
  const std::string note = root / "child";
  const milliseconds start = SystemClock().Monotonic();
  const Result<ProcessOutcome> outcome =
      Shell("echo before; sleep 60 & echo $! > " + note + "; echo after");
  REQUIRE(outcome);
  CHECK(outcome->output == "before\nafter\n");
  CHECK(SystemClock().Monotonic() - start < milliseconds(10'000));
  std::string pid = *ReadFile(note, 100);
  REQUIRE_FALSE(pid.empty());
  pid.pop_back();
  for (int i = 0; i < 100 && Alive(pid); ++i) ::usleep(10'000);
  CHECK_FALSE(Alive(pid));
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::process_test
