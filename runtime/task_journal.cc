#include "runtime/task_journal.h"

#include <algorithm>
#include <array>

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "runtime/state_files.h"

namespace powernode::runtime {
namespace {

constexpr std::int64_t kKept = 7 * 24 * 3600;
constexpr std::size_t kMaxEntries = 1000;

constexpr std::array<std::string_view, 5> kStates = {"offered", "running", "finished", "reported",
                                                     "unreported"};

bool IsSettled(const TaskEntry& entry) {
  return entry.state == TaskState::kReported || entry.state == TaskState::kUnreported;
}

Json ToJson(const TaskEntry& entry) {
  Json json;
  json["command"] = entry.command;
  json["class"] = std::string(1, static_cast<char>(entry.task_class));
  json["options_sha256"] = entry.options_sha256;
  json["attempt_id"] = entry.attempt_id;
  json["lease"] = entry.lease_token;
  json["state"] = kStates[static_cast<std::size_t>(entry.state)];
  json["boot_id"] = entry.boot_id;
  json["started_at"] = FormatTime(entry.started_at);
  if (entry.finished_at == 0) return json;
  json["finished_at"] = FormatTime(entry.finished_at);
  Json& outcome = json["outcome"];
  outcome["ok"] = entry.outcome.ok;
  outcome["result"] = entry.outcome.result;
  outcome["code"] = entry.outcome.code;
  outcome["text"] = entry.outcome.text;
  return json;
}

std::string TextOf(const Json& object, std::string_view key) {
  return GetString(object, key).value_or("");
}

TaskEntry FromJson(const std::string& id, const Json& json) {
  TaskEntry entry;
  entry.id = id;
  entry.command = TextOf(json, "command");
  const std::string letter = TextOf(json, "class");
  entry.task_class = letter == "R"   ? TaskClass::kRepeat
                     : letter == "O" ? TaskClass::kOnce
                                     : TaskClass::kConfirmed;
  entry.options_sha256 = TextOf(json, "options_sha256");
  entry.attempt_id = TextOf(json, "attempt_id");
  entry.lease_token = TextOf(json, "lease");
  const auto* const state = std::find(kStates.begin(), kStates.end(), TextOf(json, "state"));
  // A state of another agent: something was done, nobody knows what.
  entry.state = state == kStates.end() ? TaskState::kUnreported
                                       : static_cast<TaskState>(state - kStates.begin());
  entry.boot_id = TextOf(json, "boot_id");
  entry.started_at = ParseTime(TextOf(json, "started_at")).value_or(0);
  entry.finished_at = ParseTime(TextOf(json, "finished_at")).value_or(0);
  if (const Json* outcome = GetObject(json, "outcome")) {
    entry.outcome.ok = GetBool(*outcome, "ok").value_or(false);
    if (const Json* result = GetObject(*outcome, "result")) entry.outcome.result = *result;
    entry.outcome.code = TextOf(*outcome, "code");
    entry.outcome.text = TextOf(*outcome, "text");
  }
  return entry;
}

}  // namespace

Status TaskJournal::Load() {
  entries_.clear();
  const Result<std::optional<Json>> body = ReadState(TasksFile(paths_));
  if (!body && body.error().code() == "state_corrupt") RETURN_IF_ERROR(SetAside(TasksFile(paths_)));
  if (!body) return body.error();
  if (!*body) return Ok();
  const Json* tasks = GetObject(**body, "tasks");
  if (tasks == nullptr) return Ok();
  for (const auto& [id, entry] : tasks->items()) entries_.push_back(FromJson(id, entry));
  return Ok();
}

const TaskEntry* TaskJournal::Find(std::string_view id) const {
  for (const TaskEntry& entry : entries_)
    if (entry.id == id) return &entry;
  return nullptr;
}

Status TaskJournal::Put(TaskEntry entry) {
  if (IsSettled(entry)) entry.outcome.result = Json::object();
  const auto known = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const TaskEntry& other) { return other.id == entry.id; });
  if (known != entries_.end())
    *known = std::move(entry);
  else
    entries_.push_back(std::move(entry));
  return Save();
}

Status TaskJournal::Forget(std::string_view id) {
  if (std::erase_if(entries_, [&](const TaskEntry& entry) { return entry.id == id; }) == 0)
    return Ok();
  return Save();
}

Status TaskJournal::Prune(const std::vector<enroll::Task>& listed, std::int64_t now_unix) {
  const auto is_listed = [&](const TaskEntry& entry) {
    return std::any_of(listed.begin(), listed.end(),
                       [&](const enroll::Task& task) { return task.id == entry.id; });
  };
  std::size_t removed = std::erase_if(entries_, [&](const TaskEntry& entry) {
    return IsSettled(entry) && now_unix - entry.finished_at > kKept && !is_listed(entry);
  });
  while (entries_.size() >= kMaxEntries) {
    auto oldest = entries_.end();
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry)
      if (IsSettled(*entry) && !is_listed(*entry) &&
          (oldest == entries_.end() || entry->finished_at < oldest->finished_at))
        oldest = entry;
    if (oldest == entries_.end()) break;
    entries_.erase(oldest);
    ++removed;
  }
  return removed == 0 ? Ok() : Save();
}

bool TaskJournal::full() const { return entries_.size() >= kMaxEntries; }

Status TaskJournal::Save() const {
  RETURN_IF_ERROR(MakeDirectories(DirectoryOf(paths_.agent_state), 0755));
  RETURN_IF_ERROR(MakeDirectories(paths_.agent_state, 0700));
  Json tasks = Json::object();
  for (const TaskEntry& entry : entries_) tasks[entry.id] = ToJson(entry);
  return WriteState(TasksFile(paths_), {{"tasks", std::move(tasks)}}, 0600);
}

}  // namespace powernode::runtime
