#include "runtime/node_policy.h"

#include <algorithm>
#include <utility>

#include "agent/base/files.h"
#include "runtime/state_files.h"
#include "runtime/trust_state.h"
#include "verify/platform_policy.h"
#include "verify/trust_directory.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxFloors = 4096;

}  // namespace

Status RefreshTrustPolicy(const Paths& paths, enroll::NodeApi& api, std::int64_t now_unix,
                          enroll::Retries retries, std::stop_token stop) {
  const Result<std::string> envelope = api.FetchTrustPolicy(std::move(stop), retries);
  if (!envelope)
    return envelope.error().kind() == ErrorKind::kNotFound ? Ok() : Status(envelope.error());
  const verify::TrustStore trust = verify::LoadTrustDirectories({paths.image_trust}).store;
  ASSIGN_OR_RETURN(const verify::PlatformPolicy policy,
                   verify::OpenPlatformPolicy(*envelope, trust, now_unix));
  ASSIGN_OR_RETURN(const TrustState stored, LoadTrustState(paths));
  std::uint64_t known = stored.policy_revision;
  if (stored.policy_envelope)
    if (const auto former = verify::OpenPlatformPolicy(*stored.policy_envelope, trust, now_unix))
      known = std::max(known, former->revision);
  if (known > policy.revision)
    return Error(ErrorKind::kRefuted, "trust_policy_rejected",
                 "the platform's trust policy is revision " + std::to_string(policy.revision) +
                     ", this node has seen revision " + std::to_string(known));
  if (stored.policy_envelope == *envelope && stored.policy_revision == policy.revision) return Ok();
  return KeepTrust(paths, {.policy_envelope = *envelope, .policy_revision = policy.revision});
}

Result<verify::RevisionFloors> ReadRevisionFloors(const Paths& paths) {
  ASSIGN_OR_RETURN(const std::optional<Json> state, ReadStateOrSetAside(RevisionsFile(paths)));
  verify::RevisionFloors floors;
  const Json* modules = state ? GetObject(*state, "modules") : nullptr;
  if (modules == nullptr) return floors;
  for (const auto& [module_id, revision] : modules->items())
    if (revision.is_number_unsigned() && floors.size() < kMaxFloors)
      floors[module_id] = revision.get<std::uint64_t>();
  return floors;
}

Status RaiseRevisionFloors(const Paths& paths, const Composition& composition) {
  ASSIGN_OR_RETURN(verify::RevisionFloors floors, ReadRevisionFloors(paths));
  for (const ComposedModule& module : composition.modules)
    if (module.signed_revision > 0)
      floors[module.id] = std::max(floors[module.id], module.signed_revision);
  if (floors.empty()) return Ok();
  Json modules = Json::object();
  for (const auto& [module_id, revision] : floors) modules[module_id] = revision;
  RETURN_IF_ERROR(MakeDirectories(paths.agent_state, 0755));
  return WriteState(RevisionsFile(paths), {{"modules", std::move(modules)}});
}

verify::LoadedPolicy LoadNodePolicy(const Paths& paths, const Settings& settings,
                                    std::int64_t now_unix) {
  verify::LoadedPolicy loaded = verify::LoadPolicy(paths.image_policy, paths.image_trust);
  if (settings.verify) loaded.policy.mode = *settings.verify;
  if (settings.verity) loaded.policy.verity = *settings.verity;
  Result<verify::RevisionFloors> floors = ReadRevisionFloors(paths);
  if (floors)
    loaded.policy.RaiseFloors(*floors);
  else
    loaded.problems.push_back(std::move(floors).error().WithContext("read the revision floors"));
  const Result<TrustState> stored = LoadTrustState(paths);
  if (!stored) loaded.problems.push_back(stored.error().WithContext("read the trust policy"));
  if (!stored || !stored->policy_envelope) return loaded;
  Result<verify::PlatformPolicy> platform =
      verify::OpenPlatformPolicy(*stored->policy_envelope, loaded.policy.trust, now_unix);
  if (platform)
    verify::Tighten(loaded.policy, *platform);
  else
    loaded.problems.push_back(std::move(platform).error());
  return loaded;
}

}  // namespace powernode::runtime
