// Whole files and directories. WriteFileAtomically is the one function by which anything that must
// survive a power cut is written (node-files.md §7, W1): temporary name in the same directory,
// O_EXCL | O_NOFOLLOW, final mode at creation, write, fsync, rename, fsync of the directory.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/fd.h"
#include "agent/base/result.h"

namespace powernode {

// At most `max_bytes`; a longer file is kInvalid "file_too_large", never cut.
Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes);
Result<std::string> ReadFd(const Fd& fd, std::size_t max_bytes);

Status WriteFileAtomically(const std::string& path, std::string_view content, mode_t mode);

// Not durable, not atomic: for files on tmpfs, /proc and /sys. Truncates; creates with `mode`.
Status WriteFile(const std::string& path, std::string_view content, mode_t mode);
Status AppendFile(const std::string& path, std::string_view content, mode_t mode);

// Creates the missing directories of `path`, each with `mode`. An existing directory is left as it
// is.
Status MakeDirectories(const std::string& path, mode_t mode);
Status SyncDirectory(const std::string& path);

// Names in the directory, sorted, without "." and "..".
Result<std::vector<std::string>> ListDirectory(const std::string& path);
// Removes the file or tree; never enters a mount point (kRefused "other_file_system"), also when it
// is `path` itself, and never follows links. Missing is fine.
Status RemoveTree(const std::string& path);

bool Exists(const std::string& path);  // follows links

// "a/b" for ("a", "b"), ("a/", "b"), ("a", "/b").
std::string JoinPath(std::string_view directory, std::string_view name);
std::string DirectoryOf(const std::string& path);
std::string BaseNameOf(const std::string& path);

struct SpaceOnDisk {
  std::uint64_t free_bytes;
  std::uint64_t total_bytes;
};
Result<SpaceOnDisk> FreeSpace(const std::string& path);

}  // namespace powernode
