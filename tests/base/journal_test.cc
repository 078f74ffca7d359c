// A log line in the journal, against a socket that stands for the journal's.
#include "agent/base/journal.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <cstring>
#include <optional>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "tests/support/temporary_directory.h"

namespace powernode::journal_test {
namespace {

struct FakeJournal {
  FakeJournal() : socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    REQUIRE(MakeDirectories(directory.path().string() + "/run/systemd/journal", 0755));
    const std::string path = directory.path().string() + "/run/systemd/journal/socket";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof(address.sun_path));
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) ==
            0);
  }
  // The next entry; empty: there is none.
  std::string Entry() const {
    std::string entry(65536, '\0');
    const ssize_t got = ::recv(socket.get(), entry.data(), entry.size(), 0);
    entry.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return entry;
  }
  std::string Root() const { return directory.path().string(); }

  testing::TemporaryDirectory directory;
  Fd socket;
};

TEST_SUITE_BEGIN("journal");

TEST_CASE("a line is an entry with fields, and nothing goes to the descriptor") {
  const FakeJournal fake;
  Journal journal = *Journal::Open(fake.Root());
  const std::string out = fake.Root() + "/stderr";
  const Fd fd = *Open(out, O_WRONLY | O_CREAT, 0600);
  Log log(fd.get(), LogFormat::kJson, LogLevel::kInfo);
  log.UseSink(&journal);
  log.Debug("reconcile", "below the level");
  log.Write(LogLevel::kError, "reconcile", "module web is wrong",
            {{"module", "m1"}, {"error_code", "digest_mismatch"}, {"message_id", "ab01"}});
  CHECK(fake.Entry() ==
        "SYSLOG_IDENTIFIER=powernode-agent\nPRIORITY=3\nMESSAGE=reconcile: module web is wrong\n"
        "POWERNODE_STAGE=reconcile\nPOWERNODE_MODULE=m1\nPOWERNODE_CODE=digest_mismatch\n"
        "MESSAGE_ID=ab01\n");
  CHECK(fake.Entry().empty());
  CHECK(ReadFile(out, 1000)->empty());
}

TEST_CASE("no text can become a field of its own") {
  const FakeJournal fake;
  Journal journal = *Journal::Open(fake.Root());
  REQUIRE(journal.Take(LogLevel::kInfo, "a\nPRIORITY=0", "b\n_UID=0",
                       {{"mo=du\nle", "c\nMESSAGE_ID=0"}}));
  CHECK(fake.Entry() ==
        "SYSLOG_IDENTIFIER=powernode-agent\nPRIORITY=6\nMESSAGE=a PRIORITY=0: b _UID=0\n"
        "POWERNODE_STAGE=a PRIORITY=0\nPOWERNODE_MO_DU_LE=c MESSAGE_ID=0\n");
}

TEST_CASE("without a journal lines go to the descriptor, also when it goes away later") {
  const testing::TemporaryDirectory empty;
  CHECK_FALSE(Journal::Open(empty.path().string()));
  CHECK_FALSE(Journal::Open(std::string(200, 'a')));

  std::optional<FakeJournal> fake(std::in_place);
  Journal journal = *Journal::Open(fake->Root());
  fake.reset();
  const std::string out = empty.path().string() + "/stderr";
  const Fd fd = *Open(out, O_WRONLY | O_CREAT, 0600);
  Log log(fd.get(), LogFormat::kJson, LogLevel::kInfo);
  log.UseSink(&journal);
  log.Info("stage", "text");
  CHECK(ReadFile(out, 1000)->find("\"text\":\"text\"") != std::string::npos);
}

TEST_CASE("a journal that takes nothing costs a line a moment, and the line") {
  const FakeJournal fake;
  Journal journal = *Journal::Open(fake.Root());
  const auto started = std::chrono::steady_clock::now();
  for (int line = 0; line < 3; ++line)
    while (std::chrono::steady_clock::now() - started < std::chrono::seconds(30)) {
      const auto before = std::chrono::steady_clock::now();
      REQUIRE(journal.Take(LogLevel::kInfo, "stage", std::string(60'000, 'x'), {}));
      const auto took = std::chrono::steady_clock::now() - before;
      CHECK(took < std::chrono::seconds(5));
      if (took >= std::chrono::milliseconds(90)) break;  // it was full
    }
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(30));
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::journal_test
