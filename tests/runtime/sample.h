// Values that tests of runtime/ begin with.
#pragma once

#include <string>

#include "agent/base/sha256.h"
#include "runtime/composition.h"

namespace powernode::runtime::testing {

inline ComposedModule SampleModule(const std::string& id, std::int64_t priority) {
  return {.id = id,
          .name = "module-" + id,
          .digest = "sha256:" + Sha256Hex(id),
          .size = 4096,
          .effective_priority = priority,
          .manifest_sha256 = Sha256Hex("manifest " + id),
          .manifest = {{"id", id}, {"name", "module-" + id}}};
}

}  // namespace powernode::runtime::testing
