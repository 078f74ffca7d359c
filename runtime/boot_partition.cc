#include "runtime/boot_partition.h"

#include <algorithm>

#include "runtime/disk_look.h"

namespace powernode::runtime {
namespace {

constexpr std::string_view kEfiSystemPartition =
    "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";  // UEFI 2.10, 5.3.3

}  // namespace

const BlockFilesystem* ChooseBootPartition(const std::vector<BlockFilesystem>& all) {
  const auto first = [&](auto fits) -> const BlockFilesystem* {
    const auto found = std::find_if(all.begin(), all.end(), [&](const BlockFilesystem& filesystem) {
      return filesystem.type == "vfat" && fits(filesystem);
    });
    return found == all.end() ? nullptr : &*found;
  };
  if (const auto* named = first([](const auto& f) { return f.label == "BOOT"; })) return named;
  if (const auto* efi =
          first([](const auto& f) { return f.partition_type == kEfiSystemPartition; }))
    return efi;
  return first([](const auto&) { return true; });
}

identity::DiskReader BootPartitionOf(const Paths& paths) {
  return DiskReaderOf(
      paths, ChooseBootPartition,
      Error(ErrorKind::kNotFound, "no_boot_partition", "this machine has no FAT file system"));
}

}  // namespace powernode::runtime
