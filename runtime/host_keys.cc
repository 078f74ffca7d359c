#include "runtime/host_keys.h"

#include <vector>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "enroll/key.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxKey = 64 * 1024;

std::vector<std::string> HostKeysIn(const std::string& directory) {
  std::vector<std::string> keys;
  if (Result<std::vector<std::string>> names = ListDirectory(directory))
    for (std::string& name : *names)
      if (name.starts_with("ssh_host_") && (name.ends_with("_key") || name.ends_with("_key.pub")))
        keys.push_back(std::move(name));
  return keys;
}

Status Copy(const std::string& from, const std::string& to, const std::string& name) {
  ASSIGN_OR_RETURN(const Fd fd, Open(from + "/" + name, O_RDONLY | O_NOFOLLOW));
  ASSIGN_OR_RETURN_CONTEXT(const std::string key, ReadFd(fd, kMaxKey), name);
  return WriteFileAtomically(to + "/" + name, key, name.ends_with(".pub") ? 0644 : 0600);
}

}  // namespace

Result<std::string> InstallHostKeys(const std::string& root, const std::string& persist) {
  const std::string kept = persist + "/etc/ssh";
  const std::string used = root + "/etc/ssh";
  std::string shipped;
  if (!Exists(used)) return shipped;
  for (const std::string& name : HostKeysIn(used)) {
    RETURN_IF_ERROR(Unlink(used + "/" + name));
    shipped += (shipped.empty() ? "" : ", ") + name;
  }
  if (HostKeysIn(kept).empty()) {
    ASSIGN_OR_RETURN(const Secret key, enroll::GenerateKey());
    RETURN_IF_ERROR(WriteFileAtomically(used + "/ssh_host_ecdsa_key", key.Reveal(), 0600));
    RETURN_IF_ERROR(KeepHostKeys(root, persist));
  }
  for (const std::string& name : HostKeysIn(kept)) RETURN_IF_ERROR(Copy(kept, used, name));
  return shipped;
}

Status KeepHostKeys(const std::string& root, const std::string& persist) {
  const std::string kept = persist + "/etc/ssh";
  const std::string used = root + "/etc/ssh";
  for (const std::string& name : HostKeysIn(used)) {
    if (Exists(kept + "/" + name)) continue;
    RETURN_IF_ERROR(MakeDirectories(DirectoryOf(kept), 0755));
    RETURN_IF_ERROR(MakeDirectories(kept, 0700));
    RETURN_IF_ERROR(Copy(used, kept, name));
  }
  return Ok();
}

}  // namespace powernode::runtime
