#include "runtime/manifest_cache.h"

#include <algorithm>

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "agent/base/state_file.h"
#include "agent/base/syscalls.h"
#include "agent/base/url.h"

namespace powernode::runtime {
namespace {

constexpr std::string_view kSuffix = ".json";

StateFile FileOf(const Paths& paths, const std::string& id) {
  return {.path = paths.manifests + "/" + id + std::string(kSuffix),
          .format = "powernode-manifest"};
}

bool Holds(const Json& body, const ComposedModule& module) {
  const Json* manifest = GetObject(body, "body");
  return manifest != nullptr && *manifest == module.manifest &&
         GetString(body, "digest") == module.digest &&
         GetString(body, "manifest_sha256") == module.manifest_sha256;
}

Status Keep(const Paths& paths, const ComposedModule& module, std::int64_t now_unix) {
  if (!IsPathId(module.id)) return Ok();
  const StateFile file = FileOf(paths, module.id);
  const Result<std::optional<Json>> kept = ReadState(file);
  if (kept && *kept && Holds(**kept, module)) return Ok();
  Json record;
  record["id"] = module.id;
  record["digest"] = module.digest;
  record["manifest_sha256"] = module.manifest_sha256;
  record["fetched_at"] = FormatTime(now_unix);
  record["body"] = module.manifest;
  return WriteState(file, record);
}

}  // namespace

std::optional<enroll::ModuleView> CachedManifest(const Paths& paths, const std::string& id,
                                                 const std::string& digest) {
  if (!IsPathId(id)) return std::nullopt;
  const Result<std::optional<Json>> kept = ReadState(FileOf(paths, id));
  if (!kept || !*kept || GetString(**kept, "digest") != digest) return std::nullopt;
  const Json* body = GetObject(**kept, "body");
  if (body == nullptr) return std::nullopt;
  Result<enroll::ModuleView> view = enroll::ParseModuleView(*body);
  if (!view || view->id != id || "sha256:" + view->digest != digest) return std::nullopt;
  view->manifest_sha256 = GetString(**kept, "manifest_sha256").value_or("");
  return *std::move(view);
}

Status CacheManifests(const Paths& paths, const Composition& set, std::int64_t now_unix) {
  RETURN_IF_ERROR_CONTEXT(MakeDirectories(paths.manifests, 0755), "keep the manifests");
  for (const ComposedModule& module : set.modules)
    RETURN_IF_ERROR_CONTEXT(Keep(paths, module, now_unix), "keep the manifests");
  ASSIGN_OR_RETURN_CONTEXT(const std::vector<std::string> names, ListDirectory(paths.manifests),
                           "keep the manifests");
  for (const std::string& name : names) {
    const bool known = std::any_of(
        set.modules.begin(), set.modules.end(),
        [&](const ComposedModule& module) { return name == module.id + std::string(kSuffix); });
    if (!known && name.ends_with(kSuffix) && !name.starts_with('.'))
      RETURN_IF_ERROR_CONTEXT(Unlink(paths.manifests + "/" + name), "keep the manifests");
  }
  return Ok();
}

}  // namespace powernode::runtime
