#include "runtime/live_modules.h"

#include <algorithm>

#include "mount/blob_store.h"
#include "mount/mount_table.h"

namespace powernode::runtime {
namespace {

mount::Enforcement EnforcementNow(const Paths& paths, const mount::MountTable& table,
                                  const mount::MountEntry& overlay, const ComposedModule& module) {
  constexpr auto kUnproven = mount::Enforcement::kWhenStored;
  const Result<verify::BlobDigest> digest = verify::BlobDigest::Parse(module.digest);
  const Result<verify::ImageVerity> proven =
      verify::ImageVerity::Parse(GetString(module.proof, "fsverity").value_or(""));
  if (!digest || !proven) return kUnproven;
  const Result<std::optional<Fd>> blob = mount::BlobStore(paths, 0).Open(*digest);
  if (!blob || !*blob) return kUnproven;
  return mount::EnforcementOf(table, overlay, LayerMountPoint(paths, module), paths, **blob,
                              *proven);
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
    const bool there =
        std::find(lowers.begin(), lowers.end(), LayerMountPoint(paths, module)) != lowers.end();
    (there ? live.ids : live.missing).push_back(module.id);
    if (there) live.enforcement[module.id] = EnforcementNow(paths, table, *overlay, module);
  }
  return live;
}

}  // namespace powernode::runtime
