// Material against a file that was measured: by its SHA-256, and only when that is not what was
// signed by the other digests and the bytes.
#pragma once

#include <string_view>

#include "verify/digested_file.h"
#include "verify/sigstore/report.h"
#include "verify/sigstore/requirements.h"
#include "verify/sigstore/verifier.h"

namespace powernode::verify {

// True when the report's refusal is about what was signed, not about by whom or when.
bool IsAboutTheSignedBytes(const sigstore::Report& report);

sigstore::Report CheckFileSignature(const DigestedFile& file, sigstore::MaterialKind kind,
                                    std::string_view material,
                                    const sigstore::Requirements& requirements);

}  // namespace powernode::verify
