// A piece of a file in memory without a copy of it: where the pages are in the kernel's cache, they
// are read as fast as memory is. Every page is there when Of returns, so that a disk that fails is
// an answer and not a signal (MADV_POPULATE_READ, Linux 5.14).
//
// What remains: a file that somebody truncates while its bytes are looked at ends the process with
// SIGBUS, and with it the kernel gives no second chance. Only for files that nobody shortens, or in
// a process that may end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "agent/base/fd.h"

namespace powernode::verify {

class MappedBytes {
 public:
  // nullopt when it cannot be had for whatever reason: read(2) then says what is wrong. `offset` is
  // a multiple of the page size.
  static std::optional<MappedBytes> Of(const Fd& fd, std::uint64_t offset, std::size_t size);

  MappedBytes(MappedBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedBytes& operator=(MappedBytes&&) = delete;
  ~MappedBytes();

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedBytes(std::span<std::byte> bytes) : bytes_(bytes) {}

  std::span<std::byte> bytes_;
};

}  // namespace powernode::verify
