#include "runtime/unit_directory.h"

#include <algorithm>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxUnit = 1024 * 1024;

std::string UnitPath(const Paths& paths, const std::string& name) {
  return paths.unit_directory + "/" + name;
}
std::string WantsPath(const Paths& paths, const std::string& name) {
  return paths.unit_directory + "/multi-user.target.wants/" + name;
}

Status RemoveUnit(const Paths& paths, const std::string& name) {
  if (Status unlinked = Unlink(WantsPath(paths, name));
      !unlinked && unlinked.error().kind() != ErrorKind::kNotFound)
    return unlinked;
  return Unlink(UnitPath(paths, name));
}

Status WriteUnit(const Paths& paths, const UnitFile& unit) {
  RETURN_IF_ERROR(WriteFileAtomically(UnitPath(paths, unit.name), unit.content, 0644));
  const std::string link = WantsPath(paths, unit.name);
  if (Status linked = Symlink("../" + unit.name, link); !linked && !Lstat(link)) return linked;
  return Ok();
}

}  // namespace

Result<std::vector<std::string>> ListOwnUnits(const Paths& paths) {
  std::vector<std::string> own;
  Result<std::vector<std::string>> names = ListDirectory(paths.unit_directory);
  if (!names && names.error().kind() == ErrorKind::kNotFound) return own;
  if (!names) return std::move(names).error();
  for (const std::string& name : *names) {
    if (!name.starts_with("powernode-") || !name.ends_with(".service")) continue;
    const Result<std::string> content = ReadFile(UnitPath(paths, name), kMaxUnit);
    if (content && !UnitMarker(*content).empty()) own.push_back(name);
  }
  return own;
}

Result<UnitChanges> PlanUnits(const Paths& paths, const std::vector<UnitFile>& wanted) {
  UnitChanges changes;
  for (const UnitFile& unit : wanted) {
    const Result<std::string> present = ReadFile(UnitPath(paths, unit.name), kMaxUnit);
    if (!present && present.error().kind() == ErrorKind::kNotFound)
      changes.added.push_back(unit.name);
    else if (!present)
      return present.error();
    else if (UnitMarker(*present).empty())
      changes.findings.push_back(unit.name + " is there already and not ours: left as it is");
    else if (*present != unit.content)
      changes.changed.push_back(unit.name);
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> own, ListOwnUnits(paths));
  for (const std::string& name : own) {
    const bool stays = std::any_of(wanted.begin(), wanted.end(),
                                   [&](const UnitFile& unit) { return unit.name == name; });
    if (!stays) changes.removed.push_back(name);
  }
  return changes;
}

Result<UnitChanges> SyncUnits(const Paths& paths, const std::vector<UnitFile>& wanted) {
  ASSIGN_OR_RETURN(UnitChanges changes, PlanUnits(paths, wanted));
  RETURN_IF_ERROR(MakeDirectories(paths.unit_directory + "/multi-user.target.wants", 0755));
  const auto among = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const UnitFile& unit : wanted)
    if (among(changes.added, unit.name) || among(changes.changed, unit.name))
      RETURN_IF_ERROR(WriteUnit(paths, unit));
  // What cannot be removed keeps its file, and with it the marker by which it is found again.
  for (const std::string& name : changes.removed)
    if (Status removed = RemoveUnit(paths, name); !removed)
      changes.findings.push_back(removed.error().message());
  return changes;
}

}  // namespace powernode::runtime
