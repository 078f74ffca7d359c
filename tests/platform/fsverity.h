// The fs-verity digest of a file, computed without the kernel: a Merkle tree over 4096-byte blocks
// with SHA-256 and no salt, and the SHA-256 of a descriptor that holds its root and the file's size
// (Linux, Documentation/filesystems/fsverity.rst). What `fsverity digest` prints.
#pragma once

#include <string>

#include "agent/base/result.h"

namespace powernode::platform {

// 64 hexadecimal digits. Streams the file; memory grows with the logarithm of its size.
Result<std::string> FsverityHexOfFile(const std::string& path);

}  // namespace powernode::platform
