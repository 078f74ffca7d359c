#include "runtime/staged_set.h"

#include <utility>

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "agent/base/state_file.h"
#include "agent/base/syscalls.h"

namespace powernode::runtime {
namespace {

StateFile File(const Paths& paths) {
  return {.path = paths.compose_state + "/staged.json", .format = "powernode-staged"};
}

}  // namespace

Status Stage(const Paths& paths, const Composition& composition, std::int64_t now_unix) {
  ASSIGN_OR_RETURN(const std::optional<Composition> staged, StagedSet(paths));
  if (staged && CompositionHash(staged->modules) == CompositionHash(composition.modules))
    return Ok();
  Json body = ToJson(composition);
  body["staged_at"] = FormatTime(now_unix);
  body["staged_by"] = "service";
  RETURN_IF_ERROR_CONTEXT(MakeDirectories(paths.compose_state, 0700), "stage the assigned set");
  RETURN_IF_ERROR_CONTEXT(WriteState(File(paths), body), "stage the assigned set");
  return Ok();
}

Result<std::optional<Composition>> StagedSet(const Paths& paths) {
  ASSIGN_OR_RETURN_CONTEXT(const std::optional<Json> body, ReadState(File(paths)),
                           "read the staged set");
  if (!body) return std::optional<Composition>();
  ASSIGN_OR_RETURN_CONTEXT(Composition composition, CompositionFromJson(*body),
                           "read the staged set");
  return std::optional(std::move(composition));
}

Status Unstage(const Paths& paths) {
  Status removed = Unlink(File(paths).path);
  if (!removed && removed.error().kind() != ErrorKind::kNotFound)
    return std::move(removed).error().WithContext("drop the staged set");
  return Ok();
}

}  // namespace powernode::runtime
