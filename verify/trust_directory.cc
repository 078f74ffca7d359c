#include "verify/trust_directory.h"

#include <sys/stat.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::verify {
namespace {

constexpr std::size_t kMaxFileBytes = 64 * 1024;
constexpr std::size_t kMaxFiles = 64;

Status LoadFile(const std::string& path, TrustStore& store) {
  // O_NONBLOCK: a FIFO of that name must not hold up the boot.
  ASSIGN_OR_RETURN(const Fd fd, Open(path, O_RDONLY | O_NONBLOCK));
  ASSIGN_OR_RETURN(const struct stat info, Fstat(fd));
  if (!S_ISREG(info.st_mode))
    return Error(ErrorKind::kInvalid, "bad_trust_key", path + ": not a regular file");
  ASSIGN_OR_RETURN_CONTEXT(const std::string pem, ReadFd(fd, kMaxFileBytes), path);
  return store.Add(pem, path);
}

}  // namespace

LoadedTrust LoadTrustDirectories(const std::vector<std::string>& directories) {
  LoadedTrust loaded;
  for (const std::string& directory : directories) {
    loaded.store.AddPlace(JoinPath(directory, "*.pem"));
    Result<std::vector<std::string>> names = ListDirectory(directory);
    if (!names) {
      if (names.error().kind() != ErrorKind::kNotFound)
        loaded.problems.push_back(std::move(names).error().WithContext("read trusted keys"));
      continue;
    }
    std::size_t files = 0;
    for (const std::string& name : *names) {
      if (!name.ends_with(".pem") || name.starts_with('.')) continue;
      if (++files > kMaxFiles) {
        loaded.problems.emplace_back(ErrorKind::kInvalid, "too_many_trust_keys",
                                     directory + ": more than " + std::to_string(kMaxFiles) +
                                         " key files; the rest is not used");
        break;
      }
      Status added = LoadFile(JoinPath(directory, name), loaded.store);
      if (!added)
        loaded.problems.push_back(std::move(added).error().WithContext("read trusted key"));
    }
  }
  return loaded;
}

}  // namespace powernode::verify
