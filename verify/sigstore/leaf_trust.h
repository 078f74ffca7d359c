// Whether a signing certificate may be believed: in form, at the times that were proven, in public,
// and in name (signatures.md, sections 8 and 9).
#pragma once

#include <string_view>

#include "agent/base/result.h"
#include "verify/sigstore/facts.h"
#include "verify/sigstore/requirements.h"
#include "verify/x509/certificate.h"

namespace powernode::verify::sigstore {

// Step 5 of section 6: its form, its critical extensions, not a CA. Stages "parse" and "cert".
Result<x509::Certificate> ReadLeaf(std::string_view der);

// Steps 12 to 14: usage, a path to an authority of the root at every time in `facts`, CT logs, and
// a name that the policy accepts, which is added to `facts`. Stages "time", "cert", "sct",
// "identity".
Status CheckLeafTrust(const x509::Certificate& leaf, const Requirements& requirements,
                      Facts& facts);

}  // namespace powernode::verify::sigstore
