// Values inside a unit file, made safe (RT-7): systemd.syntax(7), systemd.service(5) "Command
// lines", systemd.unit(5) "Specifiers". Each function returns the text to stand behind `=` or
// refuses the value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace powernode::runtime {

Error UnitRefused(std::string_view field, std::string_view why);

// One line, `%` doubled. Refused: control characters, a trailing backslash (it would join the next
// line).
Result<std::string> UnitText(std::string_view field, std::string_view value);

// A command line. Besides the above, refused: a first word that is neither absolute nor a bare name
// (which excludes the prefixes @ - : + ! | and all quoting), a lone `;`, which would begin a second
// command, and a quote that does not end.
Result<std::string> UnitCommand(std::string_view field, std::string_view value);

// `"KEY=value"` with backslash and quote escaped.
Result<std::string> UnitEnvironment(std::string_view key, std::string_view value);

// An absolute path without `..`.
Result<std::string> UnitDirectory(std::string_view field, std::string_view value);

// A user name or a number.
Result<std::string> UnitUser(std::string_view user);

// A capability name of capabilities(7), "CAP_…".
bool IsCapability(std::string_view name);
// Names separated by blanks, to the kernel's bits and back. A bit without a name stands as
// "others".
std::uint64_t CapabilityMask(std::string_view names);
std::string CapabilityNames(std::uint64_t mask);

// An address of IPv4 or IPv6, or a network such as 10.0.0.0/8.
bool IsNetwork(std::string_view text);

}  // namespace powernode::runtime
