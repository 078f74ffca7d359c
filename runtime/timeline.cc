#include "runtime/timeline.h"

#include <algorithm>

#include "agent/base/printable.h"
#include "agent/base/state_file.h"
#include "runtime/breadcrumb.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxStages = 64;
constexpr std::size_t kFirstKept = 16;
constexpr std::size_t kMaxText = 160;
constexpr std::int64_t kMaxTime = std::int64_t{1} << 52;  // milliseconds

StateFile TimelineFile(const Paths& paths) {
  return {.path = paths.run + "/timeline.json", .format = "powernode-timeline"};
}

std::chrono::milliseconds TimeOf(const Json& entry, std::string_view key) {
  return std::chrono::milliseconds(
      std::clamp<std::int64_t>(GetInt(entry, key).value_or(0), 0, kMaxTime));
}

}  // namespace

void Timeline::Begin(std::chrono::milliseconds begin) {
  Add({.stage = "start", .start = {}, .end = begin, .detail = "kernel and initramfs"});
  NextRound();
}

void Timeline::Note(std::string_view stage, std::string_view detail,
                    std::chrono::milliseconds now) {
  for (std::size_t i = std::min(round_, stages_.size()); i < stages_.size(); ++i) {
    if (stages_[i].stage != stage) continue;
    stages_[i].end = now;
    stages_[i].detail = Printable(detail.substr(0, kMaxText));
    return;
  }
  Add({.stage = std::string(stage), .start = end(), .end = now, .detail = std::string(detail)});
}

void Timeline::Add(TimelineStage stage) {
  if (stages_.size() >= kMaxStages) {
    stages_.erase(stages_.begin() + kFirstKept);
    round_ = round_ > kFirstKept ? round_ - 1 : round_;
  }
  stage.stage = Printable(std::string_view(stage.stage).substr(0, kMaxText));
  stage.detail = Printable(std::string_view(stage.detail).substr(0, kMaxText));
  stages_.push_back(std::move(stage));
}

bool Timeline::Has(std::string_view stage) const {
  return std::any_of(stages_.begin(), stages_.end(),
                     [&](const TimelineStage& one) { return one.stage == stage; });
}

std::chrono::milliseconds Timeline::end() const {
  std::chrono::milliseconds end{};
  for (const TimelineStage& stage : stages_) end = std::max(end, stage.end);
  return end;
}

Json Timeline::ToJson() const {
  Json entries = Json::array();
  for (const TimelineStage& stage : stages_) {
    Json& entry = entries.emplace_back();
    entry["stage"] = stage.stage;
    entry["start_ms"] = stage.start.count();
    entry["end_ms"] = stage.end.count();
    entry["detail"] = stage.detail;
  }
  return entries;
}

Status Timeline::Write(const Paths& paths, std::string_view boot_id) const {
  Json body;
  body["boot_id"] = boot_id;
  body["stages"] = ToJson();
  return WriteState(TimelineFile(paths), body);
}

Result<Timeline> Timeline::Read(const Paths& paths) {
  Timeline timeline;
  ASSIGN_OR_RETURN(const std::optional<Json> body, ReadState(TimelineFile(paths)));
  if (!body) return timeline;
  ASSIGN_OR_RETURN(const std::string boot_id, BootId(paths));
  const Json* entries = GetArray(*body, "stages");
  if (GetString(*body, "boot_id") != boot_id || entries == nullptr) return timeline;
  for (const Json& entry : *entries) {
    const std::chrono::milliseconds start = TimeOf(entry, "start_ms");
    timeline.Add({.stage = GetString(entry, "stage").value_or("-"),
                  .start = start,
                  .end = std::max(start, TimeOf(entry, "end_ms")),
                  .detail = GetString(entry, "detail").value_or("")});
  }
  timeline.NextRound();
  return timeline;
}

Status AddStageOnce(const Paths& paths, std::string_view boot_id, const TimelineStage& stage) {
  Result<Timeline> present = Timeline::Read(paths);
  Timeline timeline = present ? *std::move(present) : Timeline();
  if (timeline.Has(stage.stage)) return Ok();
  if (timeline.stages().empty()) timeline.Begin(stage.start);
  timeline.Add(stage);
  return timeline.Write(paths, boot_id);
}

}  // namespace powernode::runtime
