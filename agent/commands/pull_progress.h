// How far downloads are, while they run: one line that is written over on a terminal (stderr), and
// with --progress-fd N a line of JSON each time, for programs:
//
//   {"module":"app","bytes_done":1048576,"bytes_total":2097152,"objects_done":12,"objects_total":340}
//
// An image is no object; an unknown total is null. At most two lines a second and one at the end of
// each transfer. Nobody reading is no reason to stop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/base/result.h"
#include "runtime/module_supply.h"

namespace powernode::commands {

struct TransferState {
  std::string module;
  std::uint64_t bytes_done = 0;
  std::optional<std::uint64_t> bytes_total;
  std::uint64_t objects_done = 0;
  std::uint64_t objects_total = 0;
};

// As above, with its newline.
std::string ProgressJson(const TransferState& state);
// "app [##########          ]  50%  1.0 MiB of 2.0 MiB, 12 of 340 objects".
std::string ProgressBar(const TransferState& state);

class PullProgress {
 public:
  // `json_fd` stays the caller's. kInvalid "bad_progress_fd" when it is not open.
  static Result<PullProgress> Open(std::optional<int> json_fd);
  PullProgress(PullProgress&& other) noexcept;
  PullProgress& operator=(PullProgress&&) = delete;
  ~PullProgress();  // the bar goes

  // They refer to this object.
  runtime::SupplyObservers Observers();

 private:
  PullProgress(std::optional<int> json_fd, bool bar) : json_fd_(json_fd), bar_(bar) {}
  void Show(const TransferState& state, bool finished);

  std::optional<int> json_fd_;
  bool bar_;
  bool bar_shown_ = false;
};

}  // namespace powernode::commands
