// The payload of a cosign image signature, in Red Hat's simple-signing form: which image was
// signed, and what the signer said about it (signatures.md, section 13.3).
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "agent/base/json.h"
#include "agent/base/result.h"
#include "verify/sigstore/requirements.h"

namespace powernode::verify::sigstore {

struct SimpleSigning {
  std::string manifest_digest;                     // "sha256:HEX"
  std::string docker_reference;                    // free text of the signer; empty: none
  std::map<std::string, std::string> annotations;  // those whose value is text
};

// Only bytes that were under the signature may be given. kRefuted: stage "parse" for what is not
// strict JSON, stage "payload" for what is not such a payload.
Result<SimpleSigning> ParseSimpleSigning(std::string_view payload);

// It is of the image, whose manifest has the SHA-256 `digest` (32 bytes), and says what the policy
// asks for. kRefuted, stage "payload".
Status CheckSimpleSigning(const SimpleSigning& payload, std::string_view digest,
                          const Requirements& requirements);

}  // namespace powernode::verify::sigstore
