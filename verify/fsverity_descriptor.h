// The 256 bytes whose hash is a file's fs-verity digest: how it was hashed, how long it is, and the
// root of its tree (struct fsverity_descriptor, kernel document filesystems/fsverity.rst).
#pragma once

#include <linux/fsverity.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "verify/fsverity_parameters.h"

namespace powernode::verify {

// `root`: one digest of the parameters' algorithm; `size` in bytes.
fsverity_descriptor FsVerityDescriptor(const FsVerityParameters& parameters, std::uint64_t size,
                                       std::span<const std::byte> root);

}  // namespace powernode::verify
