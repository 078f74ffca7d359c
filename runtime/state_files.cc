#include "runtime/state_files.h"

#include <utility>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::runtime {
namespace {

constexpr std::int64_t kLeftoverAge = 3600;  // seconds; node-files.md §7, W1

void RemoveLeftovers(const std::string& directory, std::int64_t now_unix) {
  const Result<std::vector<std::string>> names = ListDirectory(directory);
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string path = JoinPath(directory, name);
    const bool temporary = name.starts_with('.') && name.find(".json.") != std::string::npos;
    if (!temporary) continue;
    if (const auto info = Lstat(path); info && info->st_mtime + kLeftoverAge <= now_unix)
      (void)Unlink(path);  // it is in nobody's way
  }
}

}  // namespace

std::vector<StateFile> KeptStateFiles(const Paths& paths) {
  return {LastKnownGoodFile(paths), FormerGoodFile(paths), StagedFile(paths), AttemptsFile(paths),
          LastBootFile(paths),      RevisionsFile(paths),  TrustFile(paths),  ClockFile(paths),
          KeysFile(paths),          ClaimFile(paths)};
}

std::vector<StateProblem> CheckStateFiles(const Paths& paths, std::int64_t now_unix) {
  std::vector<StateProblem> problems;
  for (const StateFile& file : KeptStateFiles(paths)) {
    const Result<std::optional<Json>> state = ReadState(file);
    if (state) continue;
    Error problem = state.error();
    if (problem.code() == "state_corrupt")
      if (const Status aside = SetAside(file); !aside)
        problem = std::move(problem).AlsoFailed(aside.error());
    problems.push_back({.file = BaseNameOf(file.path), .error = std::move(problem)});
  }
  for (const std::string& directory : {paths.compose_state, paths.agent_state, paths.manifests})
    RemoveLeftovers(directory, now_unix);
  return problems;
}

}  // namespace powernode::runtime
