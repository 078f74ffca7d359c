// Which blob is wanted for which module, as the platform names it, and how far its transfer is.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "verify/blob_digest.h"
#include "verify/verity_identity.h"

namespace powernode::mount {

struct ModuleBlob {
  std::string module_id;
  std::string name;
  verify::BlobDigest digest;
  std::optional<std::uint64_t> size;            // bytes
  std::optional<verify::ImageVerity> fsverity;  // of the image
  std::optional<std::string>
      signature;           // when the module view carries one; else the platform is asked
  bool confirmed = false;  // it has run healthily on this node (last known good)
};

struct PullProgress {
  const ModuleBlob& module;
  std::uint64_t bytes_done = 0;
  std::optional<std::uint64_t> bytes_total;
  double seconds = 0;
  bool from_store = false;
  bool finished = false;
};

using PullObserver = std::function<void(const PullProgress&)>;

}  // namespace powernode::mount
