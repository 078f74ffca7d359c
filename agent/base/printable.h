// Text from outside, made safe to show: one line that cannot draw on the operator's terminal.
#pragma once

#include <string>
#include <string_view>

namespace powernode {

// The control characters of ASCII and of ISO 6429 (U+0080 to U+009F, where 0x9b begins an escape
// sequence) become spaces, bytes that are not UTF-8 become '?'. All other characters stay.
std::string Printable(std::string_view text);

}  // namespace powernode
