// How many bytes of images and objects each node was answered with, for `status`: what an update
// cost.
#pragma once

#include "tests/platform/call.h"

namespace powernode::platform {

void CountServed(Call& call, const Answer& answer);

}  // namespace powernode::platform
