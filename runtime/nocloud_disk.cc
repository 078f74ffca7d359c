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
  return [paths](const std::function<void(const std::string& directory)>& use) -> Status {
    const std::vector<BlockFilesystem> all = ScanBlockFilesystems(paths);
    const BlockFilesystem* disk = ChooseNoCloudDisk(all);
    if (disk == nullptr)
      return Error(ErrorKind::kNotFound, "no_seed_disk",
                   "this machine has no disk labelled cidata");
    return LookInto(paths, *disk, use);
  };
}

}  // namespace powernode::runtime
