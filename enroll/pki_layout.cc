#include "enroll/pki_layout.h"

#include <algorithm>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::enroll {
namespace {

constexpr std::string_view kGenerationPrefix = "gen-";
constexpr std::size_t kGenerationDigits = 6;
constexpr std::chrono::seconds kLockPatience{10};

}  // namespace

std::string GenerationName(unsigned number) {
  const std::string digits = std::to_string(number);
  const std::size_t zeros = kGenerationDigits - std::min(kGenerationDigits, digits.size());
  return std::string(kGenerationPrefix) + std::string(zeros, '0') + digits;
}

std::optional<unsigned> GenerationNumber(std::string_view name) {
  if (!name.starts_with(kGenerationPrefix)) return std::nullopt;
  name.remove_prefix(kGenerationPrefix.size());
  if (name.size() != kGenerationDigits) return std::nullopt;
  unsigned number = 0;
  for (const char c : name) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number;
}

Result<LockFile> LockPki(const std::string& directory, std::string_view purpose) {
  RETURN_IF_ERROR(MakeDirectories(DirectoryOf(directory), 0755));
  RETURN_IF_ERROR(MakeDirectories(directory, 0700));
  return LockFile::Take(JoinPath(directory, ".lock"), purpose, kLockPatience);
}

Status WriteDirectory(const std::string& directory,
                      const std::function<Status(const std::string&)>& write) {
  const std::string unfinished = directory + std::string(kUnfinished);
  RETURN_IF_ERROR(RemoveTree(unfinished));
  auto fill = [&]() -> Status {
    RETURN_IF_ERROR(MakeDirectories(unfinished, 0700));
    RETURN_IF_ERROR(write(unfinished));
    RETURN_IF_ERROR(SyncDirectory(unfinished));
    RETURN_IF_ERROR(Rename(unfinished, directory));
    return SyncDirectory(DirectoryOf(directory));
  };
  Status filled = fill();
  if (filled) return Ok();
  if (Status removed = RemoveTree(unfinished); !removed)
    return std::move(filled).error().AlsoFailed(removed.error());
  return filled;
}

}  // namespace powernode::enroll
