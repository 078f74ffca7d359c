// Identity from the kernel command line (node-files.md §2.3).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "identity/record.h"
#include "identity/source.h"

namespace powernode::identity {

// Key and value of each token, in order. Space, tab and newline split; single or double quotes
// anywhere in a token keep it together; quotes around a whole value (or token) are removed; no `=`:
// an empty value.
std::vector<std::pair<std::string, std::string>> SplitCommandLine(std::string_view text);

// The text with *** in place of each bootstrap token, which the parser takes for none.
std::string MaskCommandLine(std::string_view text);

// A CA that is only named by its location stays in Record::ca_location.
Record ParseKernelCommandLine(std::string_view text);

// With such a CA fetched, too.
Record ReadKernelCommandLine(const SourceContext& context);

}  // namespace powernode::identity
