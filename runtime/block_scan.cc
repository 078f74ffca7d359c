#include <blkid/blkid.h>

#include <memory>

#include "agent/base/files.h"
#include "runtime/persist.h"

namespace powernode::runtime {
namespace {

struct FreeProbe {
  void operator()(blkid_struct_probe* probe) const { blkid_free_probe(probe); }
};
using Probe = std::unique_ptr<blkid_struct_probe, FreeProbe>;

std::string Value(blkid_probe probe, const char* name) {
  const char* value = nullptr;
  if (blkid_probe_lookup_value(probe, name, &value, nullptr) != 0 || value == nullptr) return "";
  return value;
}

}  // namespace

std::vector<BlockFilesystem> ScanBlockFilesystems(const Paths& paths) {
  std::vector<BlockFilesystem> found;
  const Result<std::vector<std::string>> names = ListDirectory(paths.block_devices);
  if (!names) return found;
  for (const std::string& name : *names) {
    if (name.starts_with("loop") || name.starts_with("ram") || name.starts_with("zram")) continue;
    const std::string device = paths.devices + "/" + name;
    const Probe probe(blkid_new_probe_from_filename(device.c_str()));
    if (!probe) continue;  // no node, no medium
    blkid_probe_enable_superblocks(probe.get(), 1);
    blkid_probe_set_superblocks_flags(probe.get(),
                                      BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID);
    blkid_probe_enable_partitions(probe.get(), 1);
    blkid_probe_set_partitions_flags(probe.get(), BLKID_PARTS_ENTRY_DETAILS);
    if (blkid_do_safeprobe(probe.get()) != 0)
      continue;  // nothing known, or contradictory super blocks
    found.push_back({.device = device,
                     .type = Value(probe.get(), "TYPE"),
                     .label = Value(probe.get(), "LABEL"),
                     .uuid = Value(probe.get(), "UUID"),
                     .partition_type = Value(probe.get(), "PART_ENTRY_TYPE")});
  }
  return found;
}

}  // namespace powernode::runtime
