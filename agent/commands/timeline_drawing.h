// The stages of a boot, drawn: as text for a terminal of 80 columns, and as an SVG that needs
// nothing but itself and is readable on light and on dark ground.
#pragma once

#include <string>

#include "runtime/timeline.h"

namespace powernode::commands {

std::string TimelineText(const runtime::Timeline& timeline);
// Well-formed XML 1.0, whatever the stages say.
std::string TimelineSvg(const runtime::Timeline& timeline);

}  // namespace powernode::commands
