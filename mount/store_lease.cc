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
  ASSIGN_OR_RETURN_CONTEXT(LockFile lock,
                           Take(paths, purpose, kLongestCollection, LockMode::kShared),
                           "use the module store");
  return StoreLease(std::move(lock));
}

Result<StoreLease> StoreLease::ToCollect(const Paths& paths) {
  ASSIGN_OR_RETURN_CONTEXT(LockFile lock,
                           Take(paths, "garbage collection", {}, LockMode::kExclusive),
                           "collect what the module store does not need");
  return StoreLease(std::move(lock));
}

}  // namespace powernode::mount
