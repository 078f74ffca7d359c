// What the platform wants this node to run, as a composition (node-api.md §10): the list and each
// module's manifest, all or nothing. An answer is untrusted even with status 200 (RT-3): one that
// is short, contradictory, empty or older is an error here, so that nobody composes from half of
// it. A signed assignment in it takes precedence over the list around it (§12.2).
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "enroll/node_api.h"
#include "runtime/composition.h"
#include "runtime/settings.h"
#include "verify/signed_assignment.h"

namespace powernode::runtime {

enum class EmptyList { kRefuse, kAccept };

struct AssignmentRequest {
  enroll::NodeApi& api;
  const Paths& paths;
  const Settings& settings;  // with the policies: who may sign, and whether a bad one is refused
  std::string instance_id;
  const Composition* present = nullptr;  // what runs, else the last known good set
  EmptyList empty = EmptyList::kRefuse;  // of a list that is not signed
  enroll::Retries retries;
  std::int64_t now_unix;  // becomes created_at
};

struct Assignment {
  Composition composition;
  std::vector<std::string> removed;  // ids the platform says it took away on purpose
  std::optional<verify::SignedAssignment> signature;  // nullopt: nobody has signed it
  // What was odd and changed nothing: "unsigned_list_differs", "manifest_from_cache",
  // "assignment_rejected" (in audit).
  std::vector<Error> notes;
};

// kCannotTell "partial_answer"; kRefused "empty_assignment", "missing_dependency",
// "server_has_no_digests", "wrong_architecture", "revision_rollback" of a signed one; kRefuted
// "assignment_rejected", "manifest_mismatch"; and the session's errors.
Result<Assignment> FetchAssignment(const AssignmentRequest& request, std::stop_token stop);

// To be called when an assignment is acted on: a signed one is never gone back behind, and the
// manifests serve when the platform answers half the next time.
Status AcceptAssignment(const Paths& paths, const Assignment& assignment, std::int64_t now_unix);

// What a manifest says about a module's image. kRefused "server_has_no_digests",
// "wrong_architecture".
Result<ComposedModule> ModuleOf(enroll::ModuleView view);

// One module as the platform describes it now.
Result<ComposedModule> FetchModule(enroll::NodeApi& api, const std::string& id,
                                   enroll::Retries retries, std::stop_token stop);

// kRefused "revision_rollback": the answer is older than what this node has accepted. One without
// a revision is of a server that has none.
Status RequireRevision(const Assignment& wanted, std::int64_t accepted);

// The modules of `present` that `wanted` lacks and whose going nobody announced: neither a
// signature over a later revision nor the platform's list of removed ones. A list that shrinks for
// no stated reason is not believed at once (node-api.md §10.6).
std::vector<std::string> UnannouncedRemovals(const Composition& present, const Assignment& wanted);

}  // namespace powernode::runtime
