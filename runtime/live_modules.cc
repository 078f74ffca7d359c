#include "runtime/live_modules.h"

#include <algorithm>

#include "mount/mount_table.h"

namespace powernode::runtime {

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
  }
  return live;
}

}  // namespace powernode::runtime
