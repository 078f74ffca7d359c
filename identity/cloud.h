// The clouds as an identity source: user data from the metadata service of the provider that DMI
// names (node-files.md §2.6). A machine of no cloud asks nobody: whoever answered at the metadata
// address could say who the node is.
//
// All of it takes at most 1.8 s. A request that gets no answer, or 429 or 5xx, is made again after
// 150 ms, four times in all at most, at the provider's addresses in turn; any other answer is
// final, and only 200 is one with data. With "probe" all providers are asked at once and rank as
// the table does.
#pragma once

#include <vector>

#include "identity/source.h"

namespace powernode::identity {

// One reading a provider that was asked, or one named "cloud" that says why nobody was.
// Precondition: context.plain_http is set. Errors are problems of the record: "cloud_silent".
std::vector<Reading> AskClouds(const SourceContext& context);

}  // namespace powernode::identity
