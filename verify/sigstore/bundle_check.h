// A Sigstore bundle against an artifact and a policy, in the order of signatures.md, section 6:
// cheap and structural before costly, and nothing decides that was not authenticated.
#pragma once

#include <string_view>

#include "agent/base/result.h"
#include "verify/sigstore/artifact.h"
#include "verify/sigstore/facts.h"
#include "verify/sigstore/requirements.h"

namespace powernode::verify::sigstore {

// `text` is the JSON. Precondition: CheckRequirements holds.
Result<Facts> CheckBundle(const Artifact& artifact, std::string_view text,
                          const Requirements& requirements);

}  // namespace powernode::verify::sigstore
