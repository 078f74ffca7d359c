// Who is calling (node-api.md §2.1, in its order): the verified client certificate, whose serial
// and fingerprint must both be those of a live row. Identity headers are never read (field-lessons
// EN-11), and a bearer never helps: this personality issues none.
#pragma once

#include <optional>

#include "tests/platform/call.h"

namespace powernode::platform {

// Sets call.node and call.certificate, or returns the 401. The first use of a refreshed certificate
// revokes the one it replaces.
std::optional<Answer> Authenticate(Call& call);

}  // namespace powernode::platform
