// The last known good set with another image for one of its modules: an operator's way out when
// the platform cannot be asked. Services come from the stored manifest, so a new image goes in only
// together with the manifest that was made for it (field lesson BO-18).
#pragma once

#include <optional>
#include <string>

#include "agent/base/json.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "runtime/composition.h"

namespace powernode::runtime {

struct RetargetRequest {
  std::string module_id;
  std::string digest;            // of the image; 64 hex digits, with or without "sha256:"
  std::string fsverity;          // of the image, hex; empty: the manifest's, if it has one
  std::optional<Json> manifest;  // nullopt: the one that the platform last served for this digest
};

// kNotFound "not_in_set"; kInvalid "digest_unsupported", "bad_module"; kRefuted "manifest_mismatch"
// (made for another module or image), "manifest_needed" (none is given, and none is known or it has
// other services). Nothing is proven here.
Result<Composition> Retarget(const Paths& paths, Composition set, const RetargetRequest& request);

}  // namespace powernode::runtime
