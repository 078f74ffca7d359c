// The platform's CA from a place that the kernel command line names (node-files.md §2.3). The place
// proves nothing, whoever answers there could choose whom the node trusts (ID-4): what is fetched
// counts only when its SHA-256 is the one on the command line, or when the image, and nobody else,
// allows to go without.
#pragma once

#include "identity/record.h"
#include "identity/source.h"

namespace powernode::identity {

// Turns record.ca_location, if there is one, into ca_pem or a problem: ca_location_without_
// fingerprint, ca_location_bad_fingerprint, ca_location_not_fetched, ca_location_mismatch. Plain
// HTTP, no redirect, at most 256 KiB and 10 s. An enrolled node has its CA and fetches none, unless
// the record makes it another instance.
void FetchCa(const SourceContext& context, Record& record);

}  // namespace powernode::identity
