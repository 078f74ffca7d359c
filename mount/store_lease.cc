#include "mount/store_lease.h"

#include <chrono>
#include <string>

#include "agent/base/files.h"

namespace powernode::mount {
namespace {

constexpr std::chrono::milliseconds kLongestCollection{5 * 60'000};

Result<LockFile> Take(const Paths& paths, std::string_view purpose,
                      std::chrono::milliseconds patience, LockMode mode) {
  RETURN_IF_ERROR(MakeDirectories(paths.locks, 0700));
  return LockFile::Take(JoinPath(paths.locks, "store"), purpose, patience, mode);
}

}  // namespace

Result<StoreLease> StoreLease::ToPull(const Paths& paths, std::string_view purpose) {
  Result<LockFile> lock = Take(paths, purpose, kLongestCollection, LockMode::kShared);
  if (lock) return StoreLease(*std::move(lock));
  if (lock.error().code() == "read_only" || lock.error().code() == "no_space")
    return StoreLease(std::nullopt);
  return std::move(lock).error().WithContext("use the module store");
}

Result<StoreLease> StoreLease::ToCollect(const Paths& paths) {
  ASSIGN_OR_RETURN_CONTEXT(LockFile lock,
                           Take(paths, "garbage collection", {}, LockMode::kExclusive),
                           "collect what the module store does not need");
  return StoreLease(std::move(lock));
}

}  // namespace powernode::mount
