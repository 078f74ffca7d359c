// A directory on this machine as a tree (spec "composefs image", section 3): metadata and extended
// attributes as lstat(2) and listxattr(2) show them, fs-verity digests of the files' bytes by
// several threads, files of up to 64 bytes in the image itself. File contents are never held in
// memory, save one small file a thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "agent/base/result.h"
#include "mount/composefs/tree.h"
#include "mount/composefs/xattr_reader.h"

namespace powernode::mount {
class ObjectBatch;
}

namespace powernode::mount::composefs {

struct ScanOptions {
  std::size_t threads = 1;            // 1..verify::kMaxMeasureThreads
  std::optional<std::int64_t> epoch;  // every mtime, in seconds since 1970; unset: the files' own
  AttributeChoice attributes = AttributeChoice::kAll;
  bool skip_devices = false;
  ObjectBatch* objects =
      nullptr;  // also receives the bytes of every external file; the caller commits it
};

struct ScanResult {
  Tree tree;
  std::uint64_t files = 0;           // regular files
  std::uint64_t external_files = 0;  // of them, kept as objects
  std::uint64_t external_bytes = 0;  // of those, each file counted
};

// kInvalid "not_a_directory" (a link to one is none); kCannotTell "file_changed" when a file
// changes size while it is read; errors of the disk with the path in front; kUnavailable
// "cancelled".
Result<ScanResult> ScanDirectory(const std::string& path, const ScanOptions& options,
                                 std::stop_token stop = {});

}  // namespace powernode::mount::composefs
