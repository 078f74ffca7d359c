#include "runtime/assignment.h"

#include <algorithm>

#include "verify/module_statement.h"

namespace powernode::runtime {

Result<ComposedModule> FetchModule(enroll::NodeApi& api, const std::string& id,
                                   enroll::Retries retries, std::stop_token stop) {
  ASSIGN_OR_RETURN(enroll::ModuleView view, api.ShowModule(id, stop, retries));
  if (view.digest.empty())
    return Error(
        ErrorKind::kRefused, "server_has_no_digests",
        "module " + view.name + ": the platform names no digest, so its image cannot be proven");
  if (!view.architecture.empty() && view.architecture != verify::NodeArchitecture())
    return Error(ErrorKind::kRefused, "wrong_architecture",
                 "module " + view.name + " is for " + view.architecture + ", this node is " +
                     std::string(verify::NodeArchitecture()));
  return ComposedModule{
      .id = std::move(view.id),
      .name = std::move(view.name),
      .digest = "sha256:" + view.digest,
      .size = view.size.value_or(0),
      .format = view.image_format.empty() ? "erofs" : std::move(view.image_format),
      .fsverity = std::move(view.fsverity),
      .effective_priority = view.effective_priority,
      .manifest_sha256 = std::move(view.manifest_sha256),
      .manifest = std::move(view.manifest),
      .proof = nullptr};
}

Result<Assignment> FetchAssignment(enroll::NodeApi& api, enroll::Retries retries,
                                   std::int64_t now_unix, std::stop_token stop) {
  ASSIGN_OR_RETURN(const enroll::ModuleList list, api.ListModules(stop, retries));
  if (list.modules.empty())
    return Error(ErrorKind::kRefused, "empty_assignment",
                 "the platform assigns no module to this node: assign one, nothing is composed "
                 "from nothing");
  if (const std::vector<std::string> missing = enroll::MissingDependencies(list); !missing.empty())
    return Error(ErrorKind::kRefused, "missing_dependency", missing.front());
  Composition composition{.modules = {},
                          .revision = list.assignment_revision.value_or(0),
                          .source = CompositionSource::kLive,
                          .reason = "assigned",
                          .created_at = now_unix};
  for (const enroll::ModuleEntry& entry : list.modules) {
    Result<ComposedModule> module = FetchModule(api, entry.id, retries, stop);
    if (!module) return std::move(module).error().WithContext("module " + entry.name);
    composition.modules.push_back(*std::move(module));
  }
  SortLowToHigh(composition.modules);
  return Assignment{.composition = std::move(composition), .removed = std::move(list.removed)};
}

std::vector<std::string> UnannouncedRemovals(const Composition& present, const Assignment& wanted) {
  std::vector<std::string> gone;
  for (const ComposedModule& module : present.modules) {
    const bool stays =
        std::any_of(wanted.composition.modules.begin(), wanted.composition.modules.end(),
                    [&](const ComposedModule& other) { return other.id == module.id; });
    const bool announced =
        std::find(wanted.removed.begin(), wanted.removed.end(), module.id) != wanted.removed.end();
    if (!stays && !announced) gone.push_back(module.name);
  }
  return gone;
}

}  // namespace powernode::runtime
