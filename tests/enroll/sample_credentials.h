// A complete, consistent set of credentials for tests.
#pragma once

#include "enroll/credentials.h"
#include "tests/enroll/authority.h"

namespace powernode::enroll::testing {

Credentials SampleCredentials(const Authority& authority, const LeafWish& wish = {});

}  // namespace powernode::enroll::testing
