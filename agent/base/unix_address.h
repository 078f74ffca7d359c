// The address of a Unix socket in the file system (unix(7)).
#pragma once

#include <sys/un.h>

#include <string>

#include "agent/base/result.h"

namespace powernode {

// kInvalid "path_too_long": sun_path has room for 107 bytes.
Result<sockaddr_un> UnixAddress(const std::string& path);

}  // namespace powernode
