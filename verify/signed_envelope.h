// A document that the platform serves under a signature of the owner's: a DSSE envelope
// (node-api.md §12.2) around a payload of one type.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "verify/trust_store.h"

namespace powernode::verify {

// The payload, once one of `keys` has signed it. `envelope` is the JSON, at most 1 MiB. kRefuted
// "signature_invalid", or as MessageReader.
Result<std::string> OpenEnvelope(std::string_view envelope, std::string_view payload_type,
                                 const std::vector<const TrustedKey*>& keys);

}  // namespace powernode::verify
