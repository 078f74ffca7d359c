// What another agent has left in the PKI directory: a certificate that is a regular file at the
// flat name `pki/node.crt`, where ours is a link (node-files.md §6.3). It is read and never
// changed.
#pragma once

#include <optional>
#include <string>

#include "agent/base/result.h"
#include "enroll/credentials.h"

namespace powernode::enroll {

// nullopt: no such file. A flat name that is a link counts as what it leads to. `meta.json` may be
// plain JSON; without an `instance_id` in it the node is whom the certificate names.
//
// kInvalid "import_incomplete": no platform_url; kUnsupported "key_algorithm_unsupported"; kRefuted
// "bad_certificate" and the like as CheckCredentials.
Result<std::optional<Credentials>> ReadFlatSet(const std::string& pki_directory);

}  // namespace powernode::enroll
