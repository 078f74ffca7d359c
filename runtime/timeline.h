// When each stage of this boot began and ended ($R/timeline.json, carried over the switch with the
// rest of $R): written by boot, added to by the service, drawn by `introspect --timeline`.
//
// A stage begins when the one before it ended and lasts until it speaks last; a stage that speaks
// again later (fetch and verify, module after module) lasts until then. A node in rescue begins a
// new round with each try. At most 64 entries: the first sixteen and the newest stay.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/json.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"

namespace powernode::runtime {

struct TimelineStage {
  std::string stage;
  std::chrono::milliseconds start{};  // since the kernel started (CLOCK_BOOTTIME)
  std::chrono::milliseconds end{};
  std::string detail;  // what the stage said last
};

class Timeline {
 public:
  // What comes before `begin` is the kernel's and the initramfs's.
  void Begin(std::chrono::milliseconds begin);
  void Note(std::string_view stage, std::string_view detail, std::chrono::milliseconds now);
  // Stages that speak from now on are new ones.
  void NextRound() { round_ = stages_.size(); }
  void Add(TimelineStage stage);
  // One of that name is there.
  bool Has(std::string_view stage) const;

  const std::vector<TimelineStage>& stages() const { return stages_; }
  std::chrono::milliseconds end() const;

  // [{"stage", "start_ms", "end_ms", "detail"}]
  Json ToJson() const;
  Status Write(const Paths& paths, std::string_view boot_id) const;
  // Empty when there is none of this boot. kCannotTell "no_boot_id"; those of ReadState.
  static Result<Timeline> Read(const Paths& paths);

 private:
  std::vector<TimelineStage> stages_;
  std::size_t round_ = 0;  // the first stage of the present round
};

// Adds a stage to this boot's timeline unless one of its name is there: a service that is started
// again adds nothing.
Status AddStageOnce(const Paths& paths, std::string_view boot_id, const TimelineStage& stage);

}  // namespace powernode::runtime
