// Values inside a unit file, made safe (RT-7): systemd.syntax(7), systemd.service(5) "Command
// lines", systemd.unit(5) "Specifiers". Each function returns the text to stand behind `=` or
// refuses the value.
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace powernode::runtime {

Error UnitRefused(std::string_view field, std::string_view why);

// One line, `%` doubled. Refused: control characters, a trailing backslash (it would join the next
// line).
Result<std::string> UnitText(std::string_view field, std::string_view value);

// A command line. Besides the above, refused: a first word that is neither absolute nor a bare name
// (which excludes the prefixes @ - : + ! |), and a lone `;`, which would begin a second command.
Result<std::string> UnitCommand(std::string_view field, std::string_view value);

// `"KEY=value"` with backslash and quote escaped.
Result<std::string> UnitEnvironment(std::string_view key, std::string_view value);

// A user name or a number.
Result<std::string> UnitUser(std::string_view user);

// A capability name of capabilities(7), "CAP_…".
bool IsCapability(std::string_view name);

}  // namespace powernode::runtime
