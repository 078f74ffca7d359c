#include "agent/base/syscalls.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>

namespace powernode {
namespace {

template <typename Call>
auto RetryInterrupted(Call call) {
  auto value = call();
  while (value < 0 && errno == EINTR) value = call();
  return value;
}

Error Failed(const char* verb, const std::string& object) {
  const int saved = errno;
  return SystemError(std::string(verb) + " " + object, saved);
}

}  // namespace

Result<Fd> Open(const std::string& path, int flags, mode_t mode) {
  const int fd = RetryInterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); });
  if (fd < 0) return Failed("open", path);
  return Fd(fd);
}

Result<Fd> OpenAt(const Fd& directory, const std::string& name, int flags, mode_t mode) {
  const int fd = RetryInterrupted(
      [&] { return ::openat(directory.get(), name.c_str(), flags | O_CLOEXEC, mode); });
  if (fd < 0) return Failed("open", name);
  return Fd(fd);
}

Result<std::size_t> Read(const Fd& fd, std::span<std::byte> buffer) {
  const ssize_t count =
      RetryInterrupted([&] { return ::read(fd.get(), buffer.data(), buffer.size()); });
  if (count < 0) return SystemError("read", errno);
  return static_cast<std::size_t>(count);
}

Result<std::size_t> Pread(const Fd& fd, std::span<std::byte> buffer, std::uint64_t offset) {
  const ssize_t count = RetryInterrupted(
      [&] { return ::pread(fd.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset)); });
  if (count < 0) return SystemError("read", errno);
  return static_cast<std::size_t>(count);
}

Status WriteAll(const Fd& fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count =
        RetryInterrupted([&] { return ::write(fd.get(), bytes.data(), bytes.size()); });
    if (count < 0) return SystemError("write", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return Ok();
}

Status PwriteAll(const Fd& fd, std::span<const std::byte> bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = RetryInterrupted(
        [&] { return ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    if (count < 0) return SystemError("write", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return Ok();
}

Status Fsync(const Fd& fd) {
  if (::fsync(fd.get()) < 0) return SystemError("fsync", errno);
  return Ok();
}

Status Ftruncate(const Fd& fd, std::uint64_t size) {
  if (RetryInterrupted([&] { return ::ftruncate(fd.get(), static_cast<off_t>(size)); }) < 0)
    return SystemError("truncate", errno);
  return Ok();
}

Result<struct stat> Fstat(const Fd& fd) {
  struct stat info {};
  if (::fstat(fd.get(), &info) < 0) return SystemError("stat", errno);
  return info;
}

Result<struct stat> Stat(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) < 0) return Failed("stat", path);
  return info;
}

Result<struct stat> Lstat(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) < 0) return Failed("stat", path);
  return info;
}

Status Rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) < 0) return Failed("rename to", to);
  return Ok();
}

Status Unlink(const std::string& path) {
  if (::unlink(path.c_str()) < 0) return Failed("remove", path);
  return Ok();
}

Status Rmdir(const std::string& path) {
  if (::rmdir(path.c_str()) < 0) return Failed("remove directory", path);
  return Ok();
}

Status Symlink(const std::string& target, const std::string& path) {
  if (::symlink(target.c_str(), path.c_str()) < 0) return Failed("link", path);
  return Ok();
}

Result<std::string> Readlink(const std::string& path) {
  std::array<char, PATH_MAX> buffer;
  const ssize_t count = ::readlink(path.c_str(), buffer.data(), buffer.size());
  if (count < 0) return Failed("read link", path);
  return std::string(buffer.data(), static_cast<std::size_t>(count));
}

}  // namespace powernode
