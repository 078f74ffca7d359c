// The composefs vectors that lie beside the repository (../shared/vectors/composefs). A file that
// is not there ends the test: a run without vectors proves nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace powernode::testing {

// The file's bytes; `path` is relative to the folder of the vectors.
std::string ReadComposefsVector(std::string_view path);

// What the folder has with the given end, sorted: ("", ".v1.digest") -> {"empty-root",
// "whiteouts"}.
std::vector<std::string> ComposefsVectors(std::string_view folder, std::string_view suffix);

}  // namespace powernode::testing
