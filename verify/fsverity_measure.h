// The fs-verity digest of a file, computed by reading it with one or more threads.
#pragma once

#include <cstddef>
#include <stop_token>

#include "agent/base/fd.h"
#include "agent/base/result.h"
#include "verify/fsverity_digest.h"
#include "verify/sha256_engine.h"

namespace powernode::verify {

inline constexpr std::size_t kMaxMeasureThreads = 64;

struct MeasureOptions {
  FsVerityParameters parameters = {};
  std::size_t threads = 1;  // 1..kMaxMeasureThreads; the calling thread is one of them
  Sha256Engine engine = DefaultSha256Engine();
};

// Reads the regular file behind `fd` from its first to its last byte; the file offset is not used.
// Memory: 512 KiB a thread. kInvalid "not_a_file", "bad_threads"; kUnavailable "cancelled" when
// stopped; kCannotTell "unreadable" when the disk fails, "file_changed" when the size does.
Result<FsVerityDigest> ComputeFsVerity(const Fd& fd, const MeasureOptions& options = {},
                                       std::stop_token stop = {});

}  // namespace powernode::verify
