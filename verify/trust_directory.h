// Reads the trust directories: /etc/powernode/trust/*.pem, baked into the initramfs, and the
// operator's on the persist partition. A file that cannot be used is reported and does not take the
// others with it; a directory that is not there is no problem.
#pragma once

#include <string>
#include <vector>

#include "agent/base/result.h"
#include "verify/trust_store.h"

namespace powernode::verify {

struct LoadedTrust {
  TrustStore store;
  std::vector<Error> problems;  // one a file, naming it
};

// Only regular files ending in ".pem", at most 64 KiB each and 64 a directory.
LoadedTrust LoadTrustDirectories(const std::vector<std::string>& directories);

}  // namespace powernode::verify
