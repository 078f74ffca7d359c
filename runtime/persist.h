// Finding and mounting the persist file system: one decision, by one function (node-files.md §8).
//
// A file system that is there is never formatted and never replaced. Volatile (RAM) persistence is
// a state the operator sees, not a silent fall-back.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"

namespace powernode::runtime {

enum class PersistState { kDurable, kReadOnly, kVolatile, kFailed };
std::string_view PersistStateName(PersistState state);

struct Persist {
  PersistState state = PersistState::kFailed;
  std::string device;  // "/dev/vdb", or what stands in for one
  std::string detail;  // why it is not durable; empty when it is
};

struct BlockFilesystem {
  std::string device;
  std::string type;
  std::string label;
  std::string uuid;
  std::string partition_type;  // GPT type GUID, lower case; empty: not a GPT partition
};

// The file systems on this machine's block devices, read from their super blocks (libblkid).
std::vector<BlockFilesystem> ScanBlockFilesystems(const Paths& paths);

// Those that `wanted` (auto, LABEL=…, UUID=…, /dev/…) names; auto means label "persist" on ext4,
// btrfs or f2fs.
std::vector<BlockFilesystem> MatchingFilesystems(const std::vector<BlockFilesystem>& all,
                                                 std::string_view wanted);

struct PersistRequest {
  std::string wanted = "auto";                 // powernode.persist=
  std::string mount_point;                     // where it goes
  std::chrono::milliseconds patience{10'000};  // for the device to appear
};

// The durable half: finds the file system and mounts it, writable or else read-only. kVolatile:
// there is none; kFailed: there is one and it cannot be used. In both nothing is mounted.
Persist FindAndMountPersist(const Paths& paths, const PersistRequest& request, Clock& clock,
                            std::stop_token stop);

// The whole decision: mounts and reports. A RAM file system is mounted when nothing durable can be
// used. What is already mounted at the mount point is taken as it is.
Persist BringUpPersist(const Paths& paths, const PersistRequest& request, Clock& clock,
                       std::stop_token stop);

// What the persist directory is now, whoever mounted it: kVolatile on a tmpfs; kReadOnly also when
// the kernel has made it so after an error of the disk.
PersistState ObservePersist(const Paths& paths);

// Free space the cache leaves alone, in MiB: the setting's, or less where the store is in memory,
// which is small and holds nothing else.
std::uint64_t CacheFloorMib(std::uint64_t configured_mib, PersistState state);

}  // namespace powernode::runtime
