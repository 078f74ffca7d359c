// The fs-verity digest of a file: the kernel's own where it has one, or computed by reading the
// file with one or more threads.
#pragma once

#include <cstddef>
#include <stop_token>

#include "agent/base/fd.h"
#include "agent/base/result.h"
#include "verify/fsverity_digest.h"
#include "verify/kernel_fsverity.h"
#include "verify/sha256_engine.h"

namespace powernode::verify {

inline constexpr std::size_t kMaxMeasureThreads = 64;

enum class FileAccess {
  kRead,  // read(2): the bytes are copied
  kMap,   // no copy, and half the time; for files that nobody shortens (see MappedBytes)
};

struct MeasureOptions {
  FsVerityParameters parameters = {};
  std::size_t threads = 1;  // 1..kMaxMeasureThreads; the calling thread is one of them
  FileAccess access = FileAccess::kRead;
  Sha256Engine engine = DefaultSha256Engine();
};

// Reads the regular file behind `fd` from its first to its last byte, save what are holes; the file
// offset is not used, and may move.
// Memory: 1 MiB a thread, and 2 MiB for digests that wait for their turn. kInvalid "not_a_file",
// "bad_threads"; kUnavailable "cancelled" when stopped; kCannotTell "unreadable" when the disk
// fails, "file_changed" when the size does.
Result<FsVerityDigest> ComputeFsVerity(const Fd& fd, const MeasureOptions& options = {},
                                       std::stop_token stop = {});

enum class FsVeritySource {
  kKernel,    // the kernel measured it, and holds every read of the file to it
  kComputed,  // of the bytes as they were read
};

struct MeasuredFile {
  FsVerityDigest digest;
  FsVeritySource source;
};

// What the kernel enforces on the file; where it has no fs-verity for the file, what the file's
// bytes give. The kernel's digest has the parameters that the file was enabled with, not options'.
// Errors as ComputeFsVerity, and whatever else the kernel answers.
Result<MeasuredFile> MeasureFile(const Fd& fd, const MeasureOptions& options = {},
                                 std::stop_token stop = {},
                                 const VerityIoctl& ioctl = SystemVerityIoctl);

}  // namespace powernode::verify
