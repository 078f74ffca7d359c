#include "agent/commands/pull_progress.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "agent/base/json.h"
#include "agent/base/printable.h"
#include "runtime/module_set.h"

namespace powernode::commands {
namespace {

constexpr std::size_t kBarWidth = 20;
constexpr std::string_view kClearLine = "\r\033[K";

void Put(int fd, std::string_view text) {
  [[maybe_unused]] const auto written = ::write(fd, text.data(), text.size());
}

}  // namespace

std::string ProgressJson(const TransferState& state) {
  const OrderedJson line = {
      {"module", state.module},
      {"bytes_done", state.bytes_done},
      {"bytes_total", state.bytes_total ? OrderedJson(*state.bytes_total) : OrderedJson(nullptr)},
      {"objects_done", state.objects_done},
      {"objects_total", state.objects_total}};
  return DumpJson(line) + "\n";
}

std::string ProgressBar(const TransferState& state) {
  std::string line = Printable(state.module);
  if (state.bytes_total) {
    const std::uint64_t total = std::max<std::uint64_t>(*state.bytes_total, 1);
    const double share =
        std::min(1.0, static_cast<double>(state.bytes_done) / static_cast<double>(total));
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(kBarWidth));
    const std::string percent = std::to_string(static_cast<int>(share * 100));
    line += " [" + std::string(filled, '#') + std::string(kBarWidth - filled, ' ') + "] " +
            std::string(3 - std::min<std::size_t>(percent.size(), 3), ' ') + percent + "%";
  }
  line += "  " + runtime::HumanSize(state.bytes_done);
  if (state.bytes_total) line += " of " + runtime::HumanSize(*state.bytes_total);
  if (state.objects_total > 0)
    line += ", " + std::to_string(state.objects_done) + " of " +
            std::to_string(state.objects_total) + " objects";
  return line;
}

Result<PullProgress> PullProgress::Open(std::optional<int> json_fd) {
  if (json_fd && ::fcntl(*json_fd, F_GETFD) < 0)
    return Error(ErrorKind::kInvalid, "bad_progress_fd",
                 "--progress-fd " + std::to_string(*json_fd) + ": no such descriptor is open");
  return PullProgress(json_fd, ::isatty(STDERR_FILENO) == 1);
}

PullProgress::PullProgress(PullProgress&& other) noexcept
    : json_fd_(other.json_fd_),
      bar_(other.bar_),
      bar_shown_(std::exchange(other.bar_shown_, false)) {}

PullProgress::~PullProgress() {
  if (bar_shown_) Put(STDERR_FILENO, kClearLine);
}

runtime::SupplyObservers PullProgress::Observers() {
  return {.images =
              [this](const mount::PullProgress& progress) {
                Show({.module = progress.module.name,
                      .bytes_done = progress.bytes_done,
                      .bytes_total = progress.bytes_total},
                     progress.finished);
              },
          .objects =
              [this](const mount::ObjectProgress& progress) {
                Show({.module = progress.module,
                      .bytes_done = progress.bytes_done,
                      .bytes_total = progress.bytes_total,
                      .objects_done = progress.objects_done,
                      .objects_total = progress.objects_total},
                     progress.finished);
              }};
}

void PullProgress::Show(const TransferState& state, bool finished) {
  if (json_fd_) Put(*json_fd_, ProgressJson(state));
  if (!bar_) return;
  Put(STDERR_FILENO, std::string(kClearLine) + (finished ? "" : ProgressBar(state)));
  bar_shown_ = !finished;
}

}  // namespace powernode::commands
