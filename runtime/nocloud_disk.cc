#include "runtime/nocloud_disk.h"

#include "runtime/disk_look.h"

namespace powernode::runtime {

const BlockFilesystem* ChooseNoCloudDisk(const std::vector<BlockFilesystem>& all) {
  for (const BlockFilesystem& filesystem : all)
    if ((filesystem.type == "vfat" || filesystem.type == "iso9660") &&
        (filesystem.label == "cidata" || filesystem.label == "CIDATA"))
      return &filesystem;
  return nullptr;
}

identity::DiskReader NoCloudDiskOf(const Paths& paths) {
  return DiskReaderOf(
      paths, ChooseNoCloudDisk,
      Error(ErrorKind::kNotFound, "no_seed_disk", "this machine has no disk labelled cidata"));
}

}  // namespace powernode::runtime
