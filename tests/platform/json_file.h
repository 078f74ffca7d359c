// A JSON document that somebody named on the command line.
#pragma once

#include <string>

#include "agent/base/result.h"
#include "tests/platform/state.h"

namespace powernode::platform {

// At most 4 MiB. kInvalid "bad_json".
Result<json> ReadJsonFile(const std::string& path);

}  // namespace powernode::platform
