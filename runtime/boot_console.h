// One line a stage on the boot console (BO-26): `[boot:fetch] nginx: 12.3 MiB in 0.4 s (t=6.12s)`.
// The same line goes to the kernel log, so that it survives into the journal, and is kept for
// boot.log. What came from outside is made printable; secrets have no way in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/error.h"
#include "agent/base/paths.h"
#include "runtime/timeline.h"

namespace powernode::runtime {

class BootConsole {
 public:
  // `fd` is not owned; `paths.uptime` gives the time since power-on as the kernel counts it.
  BootConsole(int fd, const Paths& paths, Clock& clock = SystemClock())
      : fd_(fd), uptime_path_(paths.uptime), clock_(clock) {
    timeline_.Begin(clock.Monotonic());
  }

  void Say(std::string_view stage, std::string_view text);
  // What is said from now on belongs to another try.
  void NextRound() { timeline_.NextRound(); }
  // "stage failed: text [code]".
  void Fail(std::string_view stage, const Error& error);

  const Timeline& timeline() const { return timeline_; }

  // Writes the lines so far to the persist partition's boot.log, which keeps the last five boots,
  // and the stages' times to $R. Best effort: a boot does not fail for its log.
  void Keep(const Paths& paths, std::string_view boot_id) const;

 private:
  int fd_;
  std::string uptime_path_;
  Clock& clock_;
  std::vector<std::string> lines_;
  Timeline timeline_;
};

}  // namespace powernode::runtime
