// The platform has moved (node-files.md §6.2, K5): the stored address or CA does not work any more,
// and the node's local sources name another one for the same instance. The key and the certificate
// stay; only where they are shown changes.
#pragma once

#include <optional>
#include <stop_token>

#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "enroll/credentials.h"
#include "identity/source.h"

namespace powernode::runtime {

// `stored` with the platform URL and the CA that local sources give for its instance; nullopt when
// they give none, another instance's, or the same. No network is used.
std::optional<enroll::Credentials> MovedPlatform(const Paths& paths,
                                                 const identity::SourceSettings& settings,
                                                 const enroll::CredentialsPtr& stored, Clock& clock,
                                                 std::stop_token stop);

}  // namespace powernode::runtime
