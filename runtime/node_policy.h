// The trust policy this node acts by, put together from everyone who has a say (signatures.md,
// section 14): the owner's file and keys in the image, the kernel command line, the revisions that
// have run healthily here. Boot, service and shell get it from here and from nowhere else.
#pragma once

#include <cstdint>
#include <stop_token>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "enroll/node_api.h"
#include "runtime/composition.h"
#include "runtime/settings.h"
#include "verify/policy_directory.h"

namespace powernode::runtime {

// Never fails: what cannot be used refuses modules, with a message that says why. `now_unix` ages
// the keys of the platform's policy.
verify::LoadedPolicy LoadNodePolicy(const Paths& paths, const Settings& settings,
                                    std::int64_t now_unix);

// Asks the platform for its trust policy and keeps it for LoadNodePolicy, now and at boots without
// a platform. A platform that has none is fine. kRefuted "trust_policy_rejected": not signed by the
// owner, not understood, or older than the one that is kept, which then stays in force.
Status RefreshTrustPolicy(const Paths& paths, enroll::NodeApi& api, std::int64_t now_unix,
                          enroll::Retries retries, std::stop_token stop);

// The highest signed revision of each module that has run healthily on this node. A file that is
// corrupt is set aside and begins again. kCannotTell when it cannot be read.
Result<verify::RevisionFloors> ReadRevisionFloors(const Paths& paths);

// Raises the floors to what `composition` has, after it has passed the health gate.
Status RaiseRevisionFloors(const Paths& paths, const Composition& composition);

}  // namespace powernode::runtime
