#include "runtime/live_modules.h"

#include <algorithm>

#include "mount/blob_store.h"
#include "mount/loop_device.h"
#include "mount/mount_table.h"
#include "verify/kernel_fsverity.h"

namespace powernode::runtime {
namespace {

LiveLayer LayerNow(const Paths& paths, const mount::MountTable& table,
                   const mount::MountEntry& overlay, const ComposedModule& module,
                   std::size_t position) {
  LiveLayer live{.position = position};
  const std::string mountpoint = LayerMountPoint(paths, module);
  const mount::MountEntry* mounted = table.FindAt(mountpoint);
  if (mounted == nullptr || mounted->fs_type != "erofs") return live;
  live.mount_id = mounted->id;

  const Result<verify::BlobDigest> digest = verify::BlobDigest::Parse(module.digest);
  if (!digest) return live;
  const Result<std::optional<Fd>> blob = mount::BlobStore(paths, 0).Open(*digest);
  if (!blob || !*blob) return live;
  const Result<bool> backs = mount::LoopDeviceBacks(mounted->source, **blob);
  if (backs && !*backs)
    return live;  // another file is mounted: what the stored one has says nothing
  if (const Result<verify::FsVerityDigest> measured = verify::MeasureVerity(**blob))
    live.fsverity_measured = measured->ToString();
  const Result<verify::ImageVerity> proven =
      verify::ImageVerity::Parse(GetString(module.proof, "fsverity").value_or(""));
  if (proven)
    live.enforcement = mount::EnforcementOf(table, overlay, mountpoint, paths, **blob, *proven);
  return live;
}

}  // namespace

std::string LayerMountPoint(const Paths& paths, const ComposedModule& module) {
  constexpr std::size_t kPrefix = 7;  // "sha256:"
  return paths.layers + "/" + module.digest.substr(kPrefix, 32);
}

Result<LiveModules> FindLiveModules(const Paths& paths, const Breadcrumb& breadcrumb) {
  ASSIGN_OR_RETURN(const mount::MountTable table, mount::MountTable::Read());
  const std::string target = breadcrumb.mode == NodeMode::kPivot ? "/" : paths.union_root;
  const mount::MountEntry* overlay = table.FindAt(target);
  LiveModules live;
  std::vector<std::string> lowers;
  if (overlay != nullptr && overlay->fs_type == "overlay")
    lowers = mount::ParseOverlayOptions(overlay->fs_options, paths.layers).lowers;
  for (const ComposedModule& module : breadcrumb.composition.modules) {
    const auto found = std::find(lowers.begin(), lowers.end(), LayerMountPoint(paths, module));
    if (found == lowers.end()) {
      live.missing.push_back(module.id);
      continue;
    }
    live.ids.push_back(module.id);
    live.layers[module.id] =
        LayerNow(paths, table, *overlay, module, static_cast<std::size_t>(lowers.end() - found));
  }
  return live;
}

}  // namespace powernode::runtime
