// Makes a module's image of a directory, the same bytes for the same directory: file times and the
// image's UUID are fixed.
#pragma once

#include <string>

#include "agent/base/result.h"
#include "tests/platform/object_import.h"

namespace powernode::platform {

// With mkfs.erofs, found in PATH: kNotFound "program_missing". The UUID follows from `name`.
Status BuildErofs(const std::string& directory, const std::string& name, const std::string& image);

// With the project's own packer. Returns where the bytes of the image's objects are: files of
// `directory`, which must not change meanwhile.
Result<ObjectFiles> BuildComposefs(const std::string& directory, const std::string& image);

}  // namespace powernode::platform
