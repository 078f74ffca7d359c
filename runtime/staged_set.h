// The set that the next boot is to compose, once all its bytes are here and proven
// ($S/compose/staged.json, node-files.md §5.5): a record that garbage collection reads, so that
// what waits for a reboot is not removed before it.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "runtime/composition.h"

namespace powernode::runtime {

Status Stage(const Paths& paths, const Composition& composition, std::int64_t now_unix);
// nullopt: none. Errors as ReadState and CompositionFromJson.
Result<std::optional<Composition>> StagedSet(const Paths& paths);
// Nothing waits for the next boot any more. Missing is fine.
Status Unstage(const Paths& paths);

}  // namespace powernode::runtime
