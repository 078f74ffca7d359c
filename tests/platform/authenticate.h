// Who is calling (node-api.md §2.1, in its order): the verified client certificate, whose serial
// and fingerprint must both be those of a live row. The first generation looks at the instance
// alone, and takes an instance token when no certificate was presented. Identity headers are never
// read (field-lessons EN-11).
#pragma once

#include <optional>
#include <string>

#include "tests/platform/call.h"

namespace powernode::platform {

// Sets call.node, and call.certificate when the presented one is on file, or returns the 401.
// `grace`: seconds after its end that a certificate still counts.
std::optional<Answer> Authenticate(Call& call, Seconds grace);

// The request with that certificate succeeded: what it replaces is revoked (§2.5).
void ConfirmCertificate(Call& call, const std::string& certificate_id);

}  // namespace powernode::platform
