#include "verify/mapped_bytes.h"

#include <sys/mman.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22  // Linux 5.14; newer than some C libraries
#endif

namespace powernode::verify {

std::optional<MappedBytes> MappedBytes::Of(const Fd& fd, std::uint64_t offset, std::size_t size) {
  if (size == 0) return std::nullopt;
  void* const start =
      ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), static_cast<off_t>(offset));
  if (start == MAP_FAILED) return std::nullopt;
  MappedBytes mapped({static_cast<std::byte*>(start), size});
  if (::madvise(start, size, MADV_POPULATE_READ) != 0) return std::nullopt;
  return mapped;
}

MappedBytes::~MappedBytes() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace powernode::verify
