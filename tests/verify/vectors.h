// The signature vectors that lie beside the repository (../shared/vectors/sigstore). A file that is
// not there ends the test: a run without vectors proves nothing.
#pragma once

#include <string>
#include <string_view>

#include "agent/base/json.h"

namespace powernode::testing {

// The file's bytes; `path` is relative to the folder of the vectors.
std::string ReadVector(std::string_view path);
Json ReadJsonVector(std::string_view path);
// A member of primitives.json.
Json PrimitiveVectors(std::string_view member);

// The bytes behind lower-case hex and base64 in the vectors.
std::string FromHex(const Json& text);
std::string FromBase64(const Json& text);

}  // namespace powernode::testing
