// The answer with a file's bytes, whole or the range that was asked for (node-api.md §11.2).
#pragma once

#include <string>

#include "tests/platform/message.h"

namespace powernode::platform {

// `digest` names the bytes, as the ETag does in quotes. 404 with `absent` when there is no file.
Answer FileAnswer(const Request& request, const std::string& path, const std::string& digest,
                  std::string_view absent);

}  // namespace powernode::platform
