#include "runtime/staged_set.h"

#include <utility>

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "runtime/state_files.h"

namespace powernode::runtime {
Status Stage(const Paths& paths, const Composition& composition, std::int64_t now_unix) {
  const Result<std::optional<Composition>> staged = StagedSet(paths);
  if (staged && *staged &&
      CompositionHash((*staged)->modules) == CompositionHash(composition.modules))
    return Ok();
  Json body = ToJson(composition);
  body["staged_at"] = FormatTime(now_unix);
  body["staged_by"] = "service";
  RETURN_IF_ERROR_CONTEXT(MakeDirectories(paths.compose_state, 0700), "stage the assigned set");
  RETURN_IF_ERROR_CONTEXT(WriteState(StagedFile(paths), body), "stage the assigned set");
  return Ok();
}

Result<std::optional<Composition>> StagedSet(const Paths& paths) {
  ASSIGN_OR_RETURN_CONTEXT(const std::optional<Json> body, ReadState(StagedFile(paths)),
                           "read the staged set");
  if (!body) return std::optional<Composition>();
  ASSIGN_OR_RETURN_CONTEXT(Composition composition, CompositionFromJson(*body),
                           "read the staged set");
  composition.source = CompositionSource::kStaged;
  return std::optional(std::move(composition));
}

std::string StagedHash(const Paths& paths) {
  const auto staged = StagedSet(paths);
  return staged && *staged ? CompositionHash((*staged)->modules) : "";
}

Status Unstage(const Paths& paths) {
  const Result<std::optional<Json>> staged = ReadState(StagedFile(paths));
  if (staged && !*staged) return Ok();
  if (!staged && staged.error().code() == "state_newer") return staged.error();
  if (!staged && staged.error().code() == "state_corrupt") return SetAside(StagedFile(paths));
  RETURN_IF_ERROR_CONTEXT(Unlink(StagedFile(paths).path), "drop the staged set");
  return SyncDirectory(paths.compose_state);
}

Status UnstageBehind(const Paths& paths, const Composition& good) {
  ASSIGN_OR_RETURN(const std::optional<Composition> staged, StagedSet(paths));
  if (!staged) return Ok();
  const bool same = CompositionHash(staged->modules) == CompositionHash(good.modules);
  const bool older =
      good.source == CompositionSource::kLive && staged->created_at < good.created_at;
  return same || older ? Unstage(paths) : Ok();
}

}  // namespace powernode::runtime
