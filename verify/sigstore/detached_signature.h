// A signature as text of its own: what `cosign sign-blob` writes to a .sig file
// (signatures.md, section 3.2).
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace powernode::verify::sigstore {

// The signature's bytes, at least one, from canonical base64 and at most one line feed behind it.
// kRefuted, stage "parse".
Result<std::string> ParseDetachedSignature(std::string_view text);

}  // namespace powernode::verify::sigstore
