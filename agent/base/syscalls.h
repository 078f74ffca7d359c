// Thin wrappers of system calls: the call's own name, a Result, O_CLOEXEC always, EINTR retried
// where the kernel allows it, and no policy. Paths appear in the error text.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "agent/base/fd.h"
#include "agent/base/result.h"

namespace powernode {

Result<Fd> Open(const std::string& path, int flags, mode_t mode = 0);
Result<Fd> OpenAt(const Fd& directory, const std::string& name, int flags, mode_t mode = 0);

// Reads up to buffer.size() bytes; 0 is end of file.
Result<std::size_t> Read(const Fd& fd, std::span<std::byte> buffer);
Result<std::size_t> Pread(const Fd& fd, std::span<std::byte> buffer, std::uint64_t offset);

// Writes everything or fails.
Status WriteAll(const Fd& fd, std::span<const std::byte> bytes);
Status PwriteAll(const Fd& fd, std::span<const std::byte> bytes, std::uint64_t offset);

Status Fsync(const Fd& fd);
Status Ftruncate(const Fd& fd, std::uint64_t size);
Result<struct stat> Fstat(const Fd& fd);
// nullopt-like: kNotFound when it does not exist. Follows links.
Result<struct stat> Stat(const std::string& path);
Result<struct stat> Lstat(const std::string& path);

Status Rename(const std::string& from, const std::string& to);
Status Unlink(const std::string& path);
Status Rmdir(const std::string& path);
Status Symlink(const std::string& target, const std::string& path);
Result<std::string> Readlink(const std::string& path);

inline std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace powernode
