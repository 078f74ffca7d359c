#include "runtime/assignment.h"

#include <algorithm>
#include <utility>

#include "agent/base/sha256.h"
#include "runtime/manifest_cache.h"
#include "runtime/node_policy.h"
#include "runtime/trust_state.h"
#include "verify/module_statement.h"

namespace powernode::runtime {
namespace {

constexpr std::string_view kDigestPrefix = "sha256:";

const ComposedModule* Find(const Composition* set, const std::string& id) {
  if (set == nullptr) return nullptr;
  const auto found = std::find_if(set->modules.begin(), set->modules.end(),
                                  [&](const ComposedModule& module) { return module.id == id; });
  return found == set->modules.end() ? nullptr : &*found;
}

bool HasServices(const ComposedModule& module) {
  const Json* services = GetArray(module.manifest, "services");
  return services != nullptr && !services->empty();
}

// Gives the module the manifest that it has in `present`, if its services are gone though its image
// is the same: some servers lose the list of services on the way (RT-4).
void KeepLostServices(const Composition* present, ComposedModule& module) {
  const ComposedModule* now = Find(present, module.id);
  if (now == nullptr || now->digest != module.digest || HasServices(module) || !HasServices(*now))
    return;
  module.manifest = now->manifest;
  module.manifest_sha256 = now->manifest_sha256;
}

// nullopt: there is none, or it is not good and only reported.
Result<std::optional<verify::SignedAssignment>> ReadSigned(const AssignmentRequest& request,
                                                           const std::string& envelope,
                                                           std::vector<Error>& notes) {
  std::optional<verify::SignedAssignment> none;
  if (envelope.empty()) return none;
  const verify::Policy policy =
      LoadNodePolicy(request.paths, request.settings, request.now_unix).policy;
  Result<verify::SignedAssignment> assignment =
      verify::OpenSignedAssignment(envelope, policy, request.instance_id, request.now_unix);
  if (!assignment && policy.mode == verify::TrustMode::kEnforce)
    return std::move(assignment).error();
  if (!assignment) {
    notes.push_back(std::move(assignment).error());
    return none;
  }
  ASSIGN_OR_RETURN(const TrustState trust, LoadTrustState(request.paths));
  RETURN_IF_ERROR(RequireNotOlder(trust, *assignment));
  return std::optional(*std::move(assignment));
}

// The first difference, or empty.
std::string Difference(const enroll::ModuleList& list, const verify::SignedAssignment& assignment) {
  if (list.assignment_revision && *list.assignment_revision != assignment.revision)
    return "the list is of revision " + std::to_string(*list.assignment_revision) +
           ", the signature over revision " + std::to_string(assignment.revision);
  for (const enroll::ModuleEntry& entry : list.modules) {
    const auto same = [&](const verify::AssignedModule& module) { return module.id == entry.id; };
    const auto found = std::find_if(assignment.modules.begin(), assignment.modules.end(), same);
    if (found == assignment.modules.end())
      return "module " + entry.name + " is in the list and not in what is signed";
    if (!entry.digest.empty() && entry.digest != found->digest)
      return "module " + entry.name + " has another digest in the list than in what is signed";
    if (entry.effective_priority != found->effective_priority)
      return "module " + entry.name + " has another priority in the list than in what is signed";
  }
  if (list.modules.size() < assignment.modules.size())
    return "the list lacks modules that are signed";
  return "";
}

// Not a matter of what the platform says about the module, but of its not saying it.
bool IsSilence(const Error& error) {
  return error.kind() == ErrorKind::kUnavailable || error.kind() == ErrorKind::kNotFound;
}

// What this node knows of the module's image, where the platform has just failed to say it.
std::optional<enroll::ModuleView> FromCache(const AssignmentRequest& request, const std::string& id,
                                            const std::string& digest, const Error& problem,
                                            std::vector<Error>& notes) {
  std::optional<enroll::ModuleView> cached;
  if (IsSilence(problem)) cached = CachedManifest(request.paths, id, digest);
  if (cached)
    notes.push_back(Error(ErrorKind::kUnavailable, "manifest_from_cache",
                          "module " + id +
                              ": the manifest of its image is taken from this node's cache, for " +
                              problem.message()));
  return cached;
}

// The manifest whose hash is signed, or the platform's word where none is.
Result<enroll::ModuleView> FetchSignedView(const AssignmentRequest& request,
                                           const verify::AssignedModule& assigned,
                                           std::stop_token stop) {
  if (assigned.manifest_sha256.empty())
    return request.api.ShowModule(assigned.id, std::move(stop), request.retries);
  ASSIGN_OR_RETURN(const std::string text,
                   request.api.FetchManifest(assigned.id, std::move(stop), request.retries));
  if (Sha256Hex(text) != assigned.manifest_sha256)
    return Error(ErrorKind::kRefuted, "manifest_mismatch",
                 "the manifest that the platform serves is not the signed one");
  ASSIGN_OR_RETURN(const Json manifest, ParseJsonObject(text));
  ASSIGN_OR_RETURN(enroll::ModuleView view, enroll::ParseModuleView(manifest));
  if (view.id != assigned.id)
    return Error(ErrorKind::kRefuted, "manifest_mismatch",
                 "the signed manifest is that of module " + view.id);
  view.manifest_sha256 = assigned.manifest_sha256;
  return view;
}

Result<ComposedModule> FetchSigned(const AssignmentRequest& request,
                                   const verify::AssignedModule& assigned, std::stop_token stop,
                                   std::vector<Error>& notes) {
  Result<enroll::ModuleView> view = FetchSignedView(request, assigned, stop);
  if (!view) {
    std::optional<enroll::ModuleView> cached;
    if (!stop.stop_requested())
      cached = FromCache(request, assigned.id, std::string(kDigestPrefix) + assigned.digest,
                         view.error(), notes);
    const bool proven = cached && (assigned.manifest_sha256.empty() ||
                                   cached->manifest_sha256 == assigned.manifest_sha256);
    if (!proven) return std::move(view).error();
    view = *std::move(cached);
  }
  view->name = assigned.name;
  view->digest = assigned.digest;
  if (assigned.size) view->size = assigned.size;
  if (!assigned.image_format.empty()) view->image_format = assigned.image_format;
  if (!assigned.fsverity.empty()) view->fsverity = assigned.fsverity;
  view->effective_priority = assigned.effective_priority;
  Result<ComposedModule> module = ModuleOf(*std::move(view));
  if (module && assigned.manifest_sha256.empty()) KeepLostServices(request.present, *module);
  return module;
}

Result<ComposedModule> FetchListed(const AssignmentRequest& request,
                                   const enroll::ModuleEntry& entry, std::stop_token stop,
                                   std::vector<Error>& notes) {
  Result<ComposedModule> module = FetchModule(request.api, entry.id, request.retries, stop);
  if (module) KeepLostServices(request.present, *module);
  if (module || stop.stop_requested()) return module;
  const ComposedModule* present = Find(request.present, entry.id);
  const std::string digest = !entry.digest.empty() ? std::string(kDigestPrefix) + entry.digest
                             : present != nullptr  ? present->digest
                                                   : "";
  std::optional<enroll::ModuleView> cached =
      FromCache(request, entry.id, digest, module.error(), notes);
  if (!cached) return module;
  cached->effective_priority = entry.effective_priority;
  return ModuleOf(*std::move(cached));
}

}  // namespace

Result<ComposedModule> ModuleOf(enroll::ModuleView view) {
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
      .digest = std::string(kDigestPrefix) + view.digest,
      .size = view.size.value_or(0),
      .format = view.image_format.empty() ? "erofs" : std::move(view.image_format),
      .fsverity = std::move(view.fsverity),
      .effective_priority = view.effective_priority,
      .manifest_sha256 = std::move(view.manifest_sha256),
      .manifest = std::move(view.manifest),
      .proof = nullptr};
}

Result<ComposedModule> FetchModule(enroll::NodeApi& api, const std::string& id,
                                   enroll::Retries retries, std::stop_token stop) {
  ASSIGN_OR_RETURN(enroll::ModuleView view, api.ShowModule(id, std::move(stop), retries));
  return ModuleOf(std::move(view));
}

Result<Assignment> FetchAssignment(const AssignmentRequest& request, std::stop_token stop) {
  ASSIGN_OR_RETURN(const enroll::ModuleList list, request.api.ListModules(stop, request.retries));
  Assignment wanted{.composition = {.modules = {},
                                    .revision = list.assignment_revision.value_or(0),
                                    .source = CompositionSource::kLive,
                                    .reason = "assigned",
                                    .created_at = request.now_unix},
                    .removed = list.removed};
  ASSIGN_OR_RETURN(wanted.signature, ReadSigned(request, list.signed_assignment, wanted.notes));
  std::vector<ComposedModule>& modules = wanted.composition.modules;
  if (wanted.signature) {
    wanted.composition.revision = wanted.signature->revision;
    if (const std::string difference = Difference(list, *wanted.signature); !difference.empty())
      wanted.notes.push_back(Error(ErrorKind::kRefuted, "unsigned_list_differs", difference));
    for (const verify::AssignedModule& assigned : wanted.signature->modules) {
      ASSIGN_OR_RETURN_CONTEXT(ComposedModule module,
                               FetchSigned(request, assigned, stop, wanted.notes),
                               "module " + assigned.name);
      modules.push_back(std::move(module));
    }
  } else {
    if (list.modules.empty() && request.empty == EmptyList::kRefuse)
      return Error(ErrorKind::kRefused, "empty_assignment",
                   "the platform assigns no module to this node: assign one; if nothing is really "
                   "meant, `update --allow-empty` says so");
    if (const std::vector<std::string> missing = enroll::MissingDependencies(list);
        !missing.empty())
      return Error(ErrorKind::kRefused, "missing_dependency", missing.front());
    for (const enroll::ModuleEntry& entry : list.modules) {
      ASSIGN_OR_RETURN_CONTEXT(ComposedModule module,
                               FetchListed(request, entry, stop, wanted.notes),
                               "module " + entry.name);
      modules.push_back(std::move(module));
    }
  }
  SortLowToHigh(modules);
  return wanted;
}

Status AcceptAssignment(const Paths& paths, const Assignment& assignment, std::int64_t now_unix) {
  if (assignment.signature)
    RETURN_IF_ERROR_CONTEXT(
        KeepTrust(paths, {.policy_envelope = std::nullopt,
                          .assignment_revision = assignment.signature->revision,
                          .assignment_sha256 = assignment.signature->payload_sha256}),
        "keep the signed revision");
  return CacheManifests(paths, assignment.composition, now_unix);
}

Status RequireRevision(const Assignment& wanted, std::int64_t accepted) {
  const std::int64_t revision = wanted.composition.revision;
  if (revision == 0 || revision >= accepted) return Ok();
  return Error(ErrorKind::kRefused, "revision_rollback",
               "the platform's assignment is revision " + std::to_string(revision) +
                   ", this node has accepted revision " + std::to_string(accepted));
}

std::vector<std::string> UnannouncedRemovals(const Composition& present, const Assignment& wanted) {
  std::vector<std::string> gone;
  if (wanted.signature && wanted.signature->revision > present.revision) return gone;
  for (const ComposedModule& module : present.modules) {
    const bool stays = Find(&wanted.composition, module.id) != nullptr;
    const bool announced =
        std::find(wanted.removed.begin(), wanted.removed.end(), module.id) != wanted.removed.end();
    if (!stays && !announced) gone.push_back(module.name);
  }
  return gone;
}

}  // namespace powernode::runtime
