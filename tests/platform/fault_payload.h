// The faults that change what a DSSE envelope says and leave its signature alone.
#pragma once

#include "tests/platform/fault.h"

namespace powernode::platform {

// Carries out "tampered-payload" and "forged-payload" on the envelope in an answer's body, wherever
// FindEnvelope() sees one. The default of the former changes a digit into another, so that the
// payload stays JSON of the same form and only the signature can tell.
void ChangePayload(const Fault& fault, nlohmann::json& body);

}  // namespace powernode::platform
