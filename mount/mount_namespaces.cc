#include "mount/mount_namespaces.h"

#include <algorithm>
#include <set>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::mount {
namespace {

bool IsProcess(const std::string& name) {
  return std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<std::vector<MountTable>> ReadEveryMountTable(const std::string& proc) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDirectory(proc));
  std::vector<MountTable> tables;
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (!IsProcess(name)) continue;
    const std::string process = JoinPath(proc, name);
    const std::string link = JoinPath(process, "ns/mnt");
    const Result<std::string> id = Readlink(link);
    if (!id || !seen.insert(*id).second) continue;  // one that has ended has none
    Result<MountTable> table = MountTable::Read(JoinPath(process, "mountinfo"));
    if (table) {
      tables.push_back(*std::move(table));
    } else if (Readlink(link)) {
      return std::move(table).error();
    } else {
      seen.erase(*id);  // it ended in between, another may live there
    }
  }
  return tables;
}

}  // namespace powernode::mount
