#include "agent/base/lock_file.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "tests/support/temporary_directory.h"

namespace powernode::lock_file_test {
namespace {

using std::chrono::milliseconds;
using testing::TemporaryDirectory;

TEST_SUITE_BEGIN("lock file");

// Another process that holds the lock until it is killed.
class Holder {
 public:
  Holder(const std::string& path, const std::string& purpose) {
    std::array<int, 2> ready{};
    REQUIRE(::pipe(ready.data()) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      const Result<LockFile> lock = LockFile::Take(path, purpose, milliseconds(0));
      [[maybe_unused]] const auto said = ::write(ready[1], lock ? "y" : "n", 1);
      for (;;) ::pause();
    }
    char answer = 'n';
    REQUIRE(::read(ready[0], &answer, 1) == 1);
    REQUIRE(answer == 'y');
    ::close(ready[0]);
    ::close(ready[1]);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() { Kill(); }

  pid_t pid() const { return pid_; }
  void Kill() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

TEST_CASE("who holds it, since when and for what stands in the error of who wants it") {
  TemporaryDirectory root;
  Holder holder(root / "agent.lock", "service");
  const Result<LockFile> lock = LockFile::Take(root / "agent.lock", "attach", milliseconds(0));
  REQUIRE_FALSE(lock);
  CHECK(lock.error().kind() == ErrorKind::kBusy);
  CHECK(lock.error().code() == "locked");
  const std::string& text = lock.error().message();
  CHECK(text.find((root / "agent.lock").string()) != std::string::npos);
  CHECK(text.find("pid " + std::to_string(holder.pid()) + " ") != std::string::npos);
  CHECK(text.find("for service") != std::string::npos);
  CHECK(text.find(FormatTime(SystemClock().UnixSeconds()).substr(0, 11)) != std::string::npos);
  CHECK(text.find('\n') == std::string::npos);
}

TEST_CASE("a dead holder's lock is free, and the new holder's name replaces the old one") {
  TemporaryDirectory root;
  Holder holder(root / "lock", "a purpose with a much longer text than the next one has");
  holder.Kill();
  const Result<LockFile> lock = LockFile::Take(root / "lock", "next", milliseconds(0));
  REQUIRE(lock);
  const std::string note = *ReadFile(root / "lock", 1000);
  CHECK(note.starts_with("pid " + std::to_string(::getpid()) + " since "));
  CHECK(note.ends_with(" for next\n"));
}

TEST_CASE("one process cannot take it twice, and can take it again after letting go") {
  TemporaryDirectory root;
  std::optional<Result<LockFile>> first = LockFile::Take(root / "lock", "first", milliseconds(0));
  REQUIRE(first->ok());
  CHECK(LockFile::Take(root / "lock", "second", milliseconds(0)).error().code() == "locked");
  first.reset();
  CHECK(LockFile::Take(root / "lock", "second", milliseconds(0)).ok());
}

TEST_CASE("shared holders do not keep each other out, and all of them an exclusive one") {
  TemporaryDirectory root;
  const auto take = [&](LockMode mode) {
    return LockFile::Take(root / "lock", "x", milliseconds(0), mode);
  };
  std::optional<Result<LockFile>> first = take(LockMode::kShared);
  std::optional<Result<LockFile>> second = take(LockMode::kShared);
  CHECK(first->ok());
  CHECK(second->ok());
  first.reset();
  CHECK(take(LockMode::kExclusive).error().code() == "locked");
  second.reset();
  const Result<LockFile> exclusive = take(LockMode::kExclusive);
  CHECK(exclusive.ok());
  CHECK(take(LockMode::kShared).error().code() == "locked");
}

TEST_CASE("waits its patience and no longer") {
  TemporaryDirectory root;
  Holder holder(root / "lock", "service");
  const milliseconds start = SystemClock().Monotonic();
  CHECK_FALSE(LockFile::Take(root / "lock", "cli", milliseconds(120)));
  const milliseconds waited = SystemClock().Monotonic() - start;
  CHECK(waited >= milliseconds(120));
  CHECK(waited < milliseconds(5000));
}

TEST_CASE("gets it while waiting, as soon as the holder is gone") {
  TemporaryDirectory root;
  Holder holder(root / "lock", "service");
  ::kill(holder.pid(), SIGKILL);
  CHECK(LockFile::Take(root / "lock", "cli", milliseconds(10'000)).ok());
}

TEST_CASE("a child process does not inherit it") {
  TemporaryDirectory root;
  pid_t child = 0;
  {
    const Result<LockFile> lock = LockFile::Take(root / "lock", "parent", milliseconds(0));
    REQUIRE(lock);
    child = ::vfork();
    if (child == 0) {
      ::execl("/bin/sleep", "sleep", "30", nullptr);
      ::_exit(127);
    }
  }
  // exec(2) lets the parent of a vfork(2) go on a moment before it closes the child's descriptors.
  CHECK(LockFile::Take(root / "lock", "next", milliseconds(5000)).ok());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_CASE("a link in its place is refused, and a missing directory is named") {
  TemporaryDirectory root;
  REQUIRE(WriteFile(root / "victim", "content", 0600));
  std::filesystem::create_symlink(root / "victim", root / "lock");
  CHECK_FALSE(LockFile::Take(root / "lock", "x", milliseconds(0)));
  CHECK(*ReadFile(root / "victim", 100) == "content");
  CHECK(LockFile::Take(root / "no/lock", "x", milliseconds(0)).error().kind() ==
        ErrorKind::kNotFound);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::lock_file_test
