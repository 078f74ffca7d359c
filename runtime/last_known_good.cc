#include "runtime/last_known_good.h"

#include <unistd.h>

#include <cerrno>

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "runtime/state_files.h"

namespace powernode::runtime {
namespace {

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

Json ToJson(const LastKnownGood& good) {
  Json body = ToJson(good.composition);
  body["confirmed_at"] = FormatTime(good.confirmed_at);
  body["confirmed_boot_id"] = good.confirmed_boot_id;
  return body;
}

}  // namespace

Result<std::optional<LastKnownGood>> LoadLastKnownGood(const Paths& paths) {
  Result<std::optional<LastKnownGood>> current = LoadOne(LastKnownGoodFile(paths));
  if (current && *current) return current;
  if (!current && current.error().code() == "state_corrupt")
    (void)SetAside(LastKnownGoodFile(paths));
  Result<std::optional<LastKnownGood>> previous = LoadOne(FormerGoodFile(paths));
  if (previous && *previous) return previous;
  if (!current) return current;
  return previous;
}

Result<std::optional<LastKnownGood>> LoadFormerGood(const Paths& paths) {
  return LoadOne(FormerGoodFile(paths));
}

Result<std::optional<LastKnownGood>> ReadLastKnownGood(const std::string& path) {
  return LoadOne({.path = path, .format = "powernode-lkg"});
}

bool LastKnownGoodDisabled(const Paths& paths) {
  return Exists(paths.compose_state + "/lkg.disabled") ||
         Exists(paths.state + "/lkg-fallback.disabled");
}

Result<std::vector<Composition>> KeptSets(const Paths& paths) {
  std::vector<Composition> sets;
  for (const StateFile& file : {LastKnownGoodFile(paths), FormerGoodFile(paths)}) {
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

  // Only another good set is worth keeping: not the same one confirmed again, and not a corrupt
  // file.
  const Result<std::optional<LastKnownGood>> current = LoadOne(LastKnownGoodFile(paths));
  if (current && *current &&
      CompositionHash((*current)->composition.modules) !=
          CompositionHash(breadcrumb.composition.modules)) {
    // link + rename: at each moment one of the two names holds a whole file.
    const std::string previous = FormerGoodFile(paths).path;
    const std::string temporary = previous + ".new";
    (void)::unlink(temporary.c_str());
    if (::link(LastKnownGoodFile(paths).path.c_str(), temporary.c_str()) < 0)
      return SystemError("keep " + LastKnownGoodFile(paths).path, errno);
    RETURN_IF_ERROR(Rename(temporary, previous));
  }
  LastKnownGood good{.composition = breadcrumb.composition,
                     .confirmed_at = now_unix,
                     .confirmed_boot_id = breadcrumb.boot_id};
  good.composition.reason = "promoted";
  RETURN_IF_ERROR_CONTEXT(WriteState(LastKnownGoodFile(paths), ToJson(good)),
                          "promote the running set");
  return Ok();
}

Status ForgetLastKnownGood(const Paths& paths) {
  bool any = false;
  for (const StateFile& file : {FormerGoodFile(paths), LastKnownGoodFile(paths)}) {
    const Status gone = Unlink(file.path);
    if (!gone && gone.error().kind() != ErrorKind::kNotFound)
      return gone.error().WithContext("forget the last known good set");
    any = any || gone;
  }
  return any ? SyncDirectory(paths.compose_state) : Ok();
}

Result<std::string> ReplaceLastKnownGood(const Paths& paths, const LastKnownGood& edited,
                                         std::int64_t now_unix) {
  const std::string path = LastKnownGoodFile(paths).path;
  std::string backup = path + ".backup-" + FormatTime(now_unix);
  if (::link(path.c_str(), backup.c_str()) < 0 && errno != EEXIST)
    return SystemError("keep " + path + " as " + backup, errno);
  RETURN_IF_ERROR(WriteState(LastKnownGoodFile(paths), ToJson(edited)));
  return backup;
}

}  // namespace powernode::runtime
