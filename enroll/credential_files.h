// The files of one set of credentials (node-files.md §6.1), as they lie in a directory.
#pragma once

#include <string>

#include "agent/base/result.h"
#include "enroll/credentials.h"

namespace powernode::enroll {

// Key, certificate, chain, roots, and the bearer where there is one; sizes are capped. Nothing is
// judged.
Result<Credentials> ReadCredentialFiles(const std::string& directory);

// The checks of node-files.md K3: everything parses, the key belongs to the certificate, the
// certificate names `instance_id` or `mtls_subject`, TLS roots are there. Fills in what the
// certificate says. Dates are the caller's.
Status CheckCredentials(Credentials& credentials);

}  // namespace powernode::enroll
