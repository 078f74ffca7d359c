#include "runtime/boot_console.h"

#include <unistd.h>

#include "agent/base/files.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxLines = 2000;  // a node in rescue for a week must not eat its memory
constexpr std::size_t kMaxLogBytes = 1024 * 1024;
constexpr unsigned kBootsKept = 5;
constexpr std::string_view kBootMark = "=== boot ";

std::string Printable(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return out;
}

// The newest boots of an existing log, so that with the coming one kBootsKept remain.
std::string NewestBoots(const std::string& log) {
  std::size_t start = log.size();
  for (unsigned kept = 0; kept + 1 < kBootsKept && start > 0; ++kept) {
    const std::size_t found = log.rfind(kBootMark, start - 1);
    if (found == std::string::npos) return log.substr(start);
    start = found;
  }
  return log.substr(start);
}

}  // namespace

void BootConsole::Say(std::string_view stage, std::string_view text) {
  timeline_.Note(stage, text, clock_.Monotonic());
  std::string line = "[boot:" + std::string(stage) + "] " + Printable(text);
  if (const Result<std::string> uptime = ReadFile(uptime_path_, 128))
    line += " (t=" + uptime->substr(0, uptime->find(' ')) + "s)";
  if (lines_.size() < kMaxLines) lines_.push_back(line);
  line += "\n";
  [[maybe_unused]] const auto written = ::write(fd_, line.data(), line.size());
}

void BootConsole::Fail(std::string_view stage, const Error& error) {
  Say(stage, "failed: " + error.message() + " [" + error.code() + "]");
}

void BootConsole::Keep(const Paths& paths, std::string_view boot_id) const {
  std::string log;
  if (const Result<std::string> old = ReadFile(paths.boot_log, kMaxLogBytes))
    log = NewestBoots(*old);
  log += std::string(kBootMark) + std::string(boot_id) + " " +
         FormatTime(SystemClock().UnixSeconds()) + "\n";
  for (const std::string& line : lines_) log += line + "\n";
  (void)timeline_.Write(paths, boot_id);
  if (!MakeDirectories(DirectoryOf(paths.boot_log), 0750)) return;
  (void)WriteFileAtomically(paths.boot_log, log, 0640);
}

}  // namespace powernode::runtime
