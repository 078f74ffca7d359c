// The evidence around a signature: entries of transparency logs and timestamps, checked against the
// trusted root and counted (signatures.md, sections 6, 10 and 11).
//
// What an unknown log or authority says is not counted, and does not refuse: a bundle may serve
// several roots. What a known one says must hold to the last, even where the thresholds are reached
// without it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "verify/sigstore/bundle.h"
#include "verify/sigstore/entry_body.h"
#include "verify/sigstore/facts.h"
#include "verify/sigstore/requirements.h"
#include "verify/sigstore/signed_content.h"

namespace powernode::verify::sigstore {

// Adds logs and times to `facts`. Stages "tlog", "tlog-...", "parse".
Status CheckEntries(const std::vector<LogEntry>& entries, const SignedContent& content,
                    const Requirements& requirements, Facts& facts);

// Adds times to `facts`, then holds all of them against the thresholds. Stage "time".
Status CheckTimestamps(const std::vector<std::string>& tokens, std::string_view signature,
                       const Requirements& requirements, Facts& facts);

}  // namespace powernode::verify::sigstore
