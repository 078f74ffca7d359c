// Takes a file into the state directory: a copy that shares blocks where the file system can, never
// a link, since a later build may write to the original in place. It gets its name when it is
// whole; a name says what the bytes are, so they are hashed from the copy.
#pragma once

#include <functional>
#include <string>

#include "agent/base/result.h"

namespace powernode::platform {

// `name` looks at the copy, at a temporary path beside `directory`'s other files, and returns the
// path that it is renamed to. Nothing is left behind on failure.
Status CopyFileAs(const std::string& from, const std::string& directory,
                  const std::function<Result<std::string>(const std::string& copy)>& name);

}  // namespace powernode::platform
