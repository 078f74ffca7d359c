// Takes an image file into the blob directory under its digest.
#pragma once

#include <cstdint>
#include <string>

#include "agent/base/result.h"
#include "tests/platform/state_directory.h"

namespace powernode::platform {

struct ImportedBlob {
  std::string digest;  // 64 hexadecimal digits
  std::uint64_t size_bytes = 0;
  std::string image_format;  // "composefs", "erofs", or "" for neither (node-api.md §11.3)
  std::string fsverity;      // 64 hexadecimal digits
};

Result<ImportedBlob> ImportBlob(const StateDirectory& directory, const std::string& image_path);

}  // namespace powernode::platform
