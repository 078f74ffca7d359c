// The set that the next boot is to compose, once all its bytes are here and proven
// ($S/compose/staged.json, node-files.md §5.5, §10.3): written by the running agent, booted when
// the platform does not answer, and read by garbage collection, so that what waits for a reboot is
// not removed before it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "runtime/composition.h"

namespace powernode::runtime {

// A record that cannot be used is set aside; one of a newer agent is left alone (kUnsupported
// "state_newer").
Status Stage(const Paths& paths, const Composition& composition, std::int64_t now_unix);
// nullopt: none. Errors as ReadState and CompositionFromJson.
Result<std::optional<Composition>> StagedSet(const Paths& paths);
// Its hash; empty when there is none that can be used.
std::string StagedHash(const Paths& paths);
// Nothing waits for the next boot any more. Missing is fine; a record of a newer agent stays.
Status Unstage(const Paths& paths);
// `good` has passed the health gate: it takes away the staged record that is the same or older.
Status UnstageBehind(const Paths& paths, const Composition& good);

}  // namespace powernode::runtime
