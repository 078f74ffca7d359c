#include "runtime/claim_console.h"

#include <fcntl.h>
#include <unistd.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "runtime/qr_code.h"

namespace powernode::runtime {
namespace {

constexpr std::chrono::minutes kAgain{10};
constexpr std::chrono::minutes kLeast{1};

// /dev/console is the last one the kernel was given; a virtual terminal is served as tty1 already.
bool ConsoleIsSerial(const Paths& paths) {
  const Result<std::string> active = ReadFile(paths.console_list, 4096);
  if (!active) return false;
  const std::size_t end = active->find_last_not_of(" \n");
  if (end == std::string::npos) return false;
  const std::size_t start = active->find_last_of(" ", end);
  const std::string last = active->substr(start + 1, end - start);
  const bool terminal =
      last.size() > 3 && last.starts_with("tty") && last[3] >= '0' && last[3] <= '9';
  return !terminal;
}

// A console that does not take it (nobody reads the serial line) loses it.
void WriteTo(const std::string& device, const std::string& text) {
  const Result<Fd> fd = Open(device, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY);
  if (fd) [[maybe_unused]]
    const auto written = ::write(fd->get(), text.data(), text.size());
}

}  // namespace

std::string ClaimScreen(const std::string& code, const std::string& url) {
  std::string text =
      "\nThis node waits to be claimed.\n\n    Code:  " + code + "\n    At:    " + url + "\n\n";
  if (const std::optional<QrCode> qr = QrCode::Of(url)) text += qr->HalfBlocks() + "\n";
  return text;
}

std::optional<std::string> ClaimConsole::Show(const std::string& code, const std::string& url) {
  const std::chrono::milliseconds now = clock_.Monotonic();
  const bool first = shown_.empty();
  if (!first && now - shown_at_ < (code == shown_ ? kAgain : kLeast)) return std::nullopt;
  shown_ = code;
  shown_at_ = now;
  const std::string screen = ClaimScreen(code, url);
  WriteTo(JoinPath(paths_.devices, "tty1"), screen);
  if (ConsoleIsSerial(paths_)) WriteTo(JoinPath(paths_.devices, "console"), screen);
  return "this node waits to be claimed: confirm code " + code + " at " + url;
}

}  // namespace powernode::runtime
