#include "runtime/retarget.h"

#include <algorithm>
#include <utility>

#include "enroll/digest_text.h"
#include "enroll/module_view.h"
#include "runtime/assignment.h"
#include "runtime/manifest_cache.h"

namespace powernode::runtime {
namespace {

Json ServicesOf(const Json& manifest) {
  const Json* services = GetArray(manifest, "services");
  return services != nullptr ? *services : Json::array();
}

Result<enroll::ModuleView> GivenManifest(const Json& manifest, const std::string& id,
                                         const std::string& digest) {
  ASSIGN_OR_RETURN_CONTEXT(enroll::ModuleView view, enroll::ParseModuleView(manifest),
                           "read the manifest");
  if (view.id != id || view.digest != digest)
    return Error(ErrorKind::kRefuted, "manifest_mismatch",
                 "the manifest is of module " + view.id + " with digest " +
                     (view.digest.empty() ? "none" : view.digest) + ", wanted is module " + id +
                     " with digest " + digest);
  return view;
}

Result<enroll::ModuleView> KnownManifest(const Paths& paths, const ComposedModule& module,
                                         const std::string& digest) {
  std::optional<enroll::ModuleView> view = CachedManifest(paths, module.id, "sha256:" + digest);
  if (!view)
    return Error(ErrorKind::kRefuted, "manifest_needed",
                 "this node knows no manifest of module " + module.name + " with digest " + digest +
                     ": give it with --manifest");
  if (ServicesOf(view->manifest) != ServicesOf(module.manifest))
    return Error(ErrorKind::kRefuted, "manifest_needed",
                 "the services of module " + module.name +
                     " differ between the two images: say that this is meant by giving the new "
                     "one's manifest with --manifest");
  return *std::move(view);
}

}  // namespace

Result<Composition> Retarget(const Paths& paths, Composition set, const RetargetRequest& request) {
  const auto found =
      std::find_if(set.modules.begin(), set.modules.end(),
                   [&](const ComposedModule& module) { return module.id == request.module_id; });
  if (found == set.modules.end())
    return Error(ErrorKind::kNotFound, "not_in_set",
                 "module " + request.module_id + " is not in the last known good set");
  ASSIGN_OR_RETURN_CONTEXT(const std::string digest, enroll::ParseDigest(request.digest),
                           "--digest");
  std::string fsverity;
  if (!request.fsverity.empty()) {
    ASSIGN_OR_RETURN_CONTEXT(fsverity, enroll::ParseDigest(request.fsverity), "--fsverity");
  }
  ASSIGN_OR_RETURN(enroll::ModuleView view,
                   request.manifest ? GivenManifest(*request.manifest, found->id, digest)
                                    : KnownManifest(paths, *found, digest));
  view.effective_priority = found->effective_priority;
  if (!fsverity.empty()) view.fsverity = std::move(fsverity);
  ASSIGN_OR_RETURN(*found, ModuleOf(std::move(view)));
  set.reason = "retargeted " + request.module_id;
  return set;
}

}  // namespace powernode::runtime
