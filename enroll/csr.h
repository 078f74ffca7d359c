// The certificate signing request (PKCS#10, RFC 2986) of node-api.md §2.4: subject CN=<instance id>
// and nothing else, signed ECDSA-SHA256.
#pragma once

#include <string>

#include "agent/base/result.h"
#include "agent/base/secret.h"

namespace powernode::enroll {

// kInvalid "bad_instance_uuid" for an id that may not stand in a path (node-api.md §1.1).
Result<std::string> MakeCsr(const Secret& key_pem, const std::string& instance_id);

}  // namespace powernode::enroll
