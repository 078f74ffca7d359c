// The reading of a rendered unit that its fuzz targets check: line by line, as systemd splits it
// (systemd.syntax(7)), and strictly.
#pragma once

#include <string_view>

namespace powernode::fuzz {

// Ends the program unless `content` is the marker and then exactly the sections and directives that
// this agent writes, each on one line, with one ExecStart= of one command, at most one ExecStop=,
// and no specifier.
void RequireOurUnit(std::string_view content);

}  // namespace powernode::fuzz
