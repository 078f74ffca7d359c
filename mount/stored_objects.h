// Are objects that lie in the store still what their names say? Where the file system has
// fs-verity, the kernel answers without a read and holds all later reads to it; fs-verity is
// enabled on objects that lack it. Elsewhere the bytes are hashed again, by several threads
// (node-files.md §11.3).
#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/result.h"
#include "mount/object_store.h"
#include "verify/kernel_fsverity.h"
#include "verify/policy_words.h"

namespace powernode::mount {

struct StoredObjects {
  std::vector<NeededObject> damaged;  // other bytes, or bytes that cannot be read; by digest
  std::optional<Error> not_enforced;  // why the kernel does not hold the reads of them all
};

// With VerityMode::kOff nothing is looked at: what was verified when it was stored is trusted.
// kUnavailable "cancelled"; errors of opening an object.
Result<StoredObjects> CheckStoredObjects(
    const ObjectStore& store, std::span<const NeededObject> objects, verify::VerityMode mode,
    Clock& clock, std::stop_token stop,
    const verify::VerityIoctl& ioctl = verify::SystemVerityIoctl);

}  // namespace powernode::mount
