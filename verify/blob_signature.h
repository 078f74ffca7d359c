// The signature of a blob in the forms the platform serves it (node-api.md §12.3): the base64 text
// that `cosign sign-blob --key` prints, or a JSON object that carries it. Nothing in it is trusted:
// a key named here only selects among the trusted ones.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace powernode::verify {

struct BlobSignature {
  std::string der;                   // not yet checked to be DER
  std::optional<std::string> keyid;  // the key the signer names, if any
};

// Base64 with surrounding white space, {"base64Signature": ...} with an optional "keyid", or
// {"messageSignature": {"signature": ...}}. At most 1 MiB. kRefuted "signature_invalid".
Result<BlobSignature> ParseBlobSignature(std::string_view text);

}  // namespace powernode::verify
