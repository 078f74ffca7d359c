#include "verify/fsverity_descriptor.h"

#include <bit>
#include <cstring>

namespace powernode::verify {
namespace {

constexpr std::uint8_t kDescriptorVersion = 1;
constexpr std::uint8_t kLogBlockBytes = std::countr_zero(kFsVerityBlockBytes);

std::uint64_t LittleEndian(std::uint64_t value) {
  if constexpr (std::endian::native == std::endian::little) return value;
  return __builtin_bswap64(value);
}

}  // namespace

fsverity_descriptor FsVerityDescriptor(const FsVerityParameters& parameters, std::uint64_t size,
                                       std::span<const std::byte> root) {
  const std::span<const std::byte> salt = parameters.salt.bytes();
  fsverity_descriptor descriptor{
      .version = kDescriptorVersion,
      .hash_algorithm = static_cast<std::uint8_t>(parameters.algorithm),
      .log_blocksize = kLogBlockBytes,
      .salt_size = static_cast<std::uint8_t>(salt.size()),
      .data_size = LittleEndian(size),
  };
  std::memcpy(descriptor.root_hash, root.data(), root.size());
  if (!salt.empty()) std::memcpy(descriptor.salt, salt.data(), salt.size());
  return descriptor;
}
static_assert(sizeof(fsverity_descriptor) == 256);

}  // namespace powernode::verify
