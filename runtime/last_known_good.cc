#include "runtime/last_known_good.h"

#include <unistd.h>

#include <cerrno>

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "agent/base/state_file.h"
#include "agent/base/syscalls.h"

namespace powernode::runtime {
namespace {

constexpr std::string_view kFormat = "powernode-lkg";

StateFile Current(const Paths& paths) {
  return {.path = paths.compose_state + "/lkg.json", .format = kFormat};
}
StateFile Previous(const Paths& paths) {
  return {.path = paths.compose_state + "/lkg.prev.json", .format = kFormat};
}

Result<std::optional<LastKnownGood>> LoadOne(const StateFile& file) {
  ASSIGN_OR_RETURN(const std::optional<Json> body, ReadState(file));
  if (!body) return std::optional<LastKnownGood>();
  ASSIGN_OR_RETURN_CONTEXT(Composition composition, CompositionFromJson(*body), file.path);
  composition.source = CompositionSource::kLastKnownGood;
  return std::optional(LastKnownGood{
      .composition = std::move(composition),
      .confirmed_at = ParseTime(GetString(*body, "confirmed_at").value_or("")).value_or(0),
      .confirmed_boot_id = GetString(*body, "confirmed_boot_id").value_or(""),
  });
}

}  // namespace

Result<std::optional<LastKnownGood>> LoadLastKnownGood(const Paths& paths) {
  Result<std::optional<LastKnownGood>> current = LoadOne(Current(paths));
  if (current && *current) return current;
  if (!current && current.error().code() == "state_corrupt") (void)SetAside(Current(paths));
  Result<std::optional<LastKnownGood>> previous = LoadOne(Previous(paths));
  if (previous && *previous) return previous;
  if (!current) return current;
  return previous;
}

Result<std::vector<Composition>> KeptSets(const Paths& paths) {
  std::vector<Composition> sets;
  for (const StateFile& file : {Current(paths), Previous(paths)}) {
    ASSIGN_OR_RETURN(std::optional<LastKnownGood> kept, LoadOne(file));
    if (kept) sets.push_back(std::move(kept->composition));
  }
  return sets;
}

Status Promote(const Paths& paths, const Breadcrumb& breadcrumb, std::int64_t now_unix) {
  if (breadcrumb.incomplete)
    return Error(ErrorKind::kRefused, "not_promotable", "this boot's composition is incomplete");
  if (breadcrumb.composition.source == CompositionSource::kLastKnownGood)
    return Error(ErrorKind::kRefused, "not_promotable",
                 "this boot already runs the last known good set");
  RETURN_IF_ERROR(MakeDirectories(paths.compose_state, 0700));

  const std::string current = Current(paths).path;
  const std::string previous = Previous(paths).path;
  if (Exists(current)) {
    // link + rename: at each moment one of the two names holds a whole file.
    const std::string temporary = previous + ".new";
    (void)::unlink(temporary.c_str());
    if (::link(current.c_str(), temporary.c_str()) < 0)
      return SystemError("keep " + current, errno);
    RETURN_IF_ERROR(Rename(temporary, previous));
  }
  Json body = ToJson(breadcrumb.composition);
  body["reason"] = "promoted";
  body["confirmed_at"] = FormatTime(now_unix);
  body["confirmed_boot_id"] = breadcrumb.boot_id;
  RETURN_IF_ERROR_CONTEXT(WriteState(Current(paths), body), "promote the running set");
  return Ok();
}

}  // namespace powernode::runtime
