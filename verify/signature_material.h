// What comes with a blob to prove it, in the forms the platform serves (node-api.md §12.3) and
// cosign writes: told apart here, judged in sigstore/. Nothing in it is trusted.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "verify/sigstore/verifier.h"

namespace powernode::verify {

struct SignatureMaterial {
  sigstore::MaterialKind kind = sigstore::MaterialKind::kSignature;
  std::string text;                  // in the form of `kind`
  std::optional<std::string> keyid;  // the key the platform names: narrows the trusted ones
};

// Base64 with white space around it; {"base64Signature": ...} with an optional "keyid" or
// {"messageSignature": {"signature": ...}}; a legacy bundle with a certificate or log entry; a
// Sigstore bundle (it has a "mediaType"). At most 1 MiB. kRefuted "signature_invalid".
Result<SignatureMaterial> ReadSignatureMaterial(std::string_view text);

}  // namespace powernode::verify
