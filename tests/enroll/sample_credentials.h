// A complete, consistent set of credentials for tests.
#pragma once

#include <string>

#include "enroll/credentials.h"
#include "tests/enroll/authority.h"

namespace powernode::enroll::testing {

Credentials SampleCredentials(const Authority& authority, const LeafWish& wish = {});

// As another agent leaves them: regular files at the flat names of the PKI directory.
void WriteFlatSet(const std::string& pki_directory, const Credentials& credentials,
                  const std::string& meta);

}  // namespace powernode::enroll::testing
