// Images in memory, for tests: from dumps and trees to bytes and digests.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "mount/composefs/image_writer.h"
#include "mount/composefs/tree.h"

namespace powernode::testing {

Result<std::string> ImageOf(mount::composefs::Tree tree,
                            mount::composefs::FormatVersions versions = {});
Result<std::string> ImageOfDump(std::string_view dump,
                                mount::composefs::FormatVersions versions = {});

// The fs-verity digest's digits.
std::string DigestOf(std::string_view image);

// As the header says.
mount::composefs::FormatVersions VersionOf(std::string_view image);

inline std::span<const std::byte> BytesOf(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace powernode::testing
