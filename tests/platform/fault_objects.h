// The faults that concern composefs objects, in an answer with one or with many.
#pragma once

#include "tests/platform/fault.h"
#include "tests/platform/message.h"

namespace powernode::platform {

// `requested`: the path of the request, which names the object in an answer with one.
void ChangeObjects(const Fault& fault, std::string_view requested, Answer& answer);

}  // namespace powernode::platform
