// What the platform wants this node to run, as a composition (node-api.md §10): the list and each
// module's manifest, all or nothing. An answer that is short, contradictory or empty is an error
// here, so that nobody composes from half of it.
#pragma once

#include <stop_token>

#include "agent/base/result.h"
#include "enroll/node_api.h"
#include "runtime/composition.h"

namespace powernode::runtime {

struct Assignment {
  Composition composition;
  std::vector<std::string> removed;  // ids the platform says it took away on purpose
};

// kCannotTell "partial_answer"; kRefused "empty_assignment", "missing_dependency",
// "server_has_no_digests", "wrong_architecture"; and the session's errors. `now_unix` becomes
// created_at.
Result<Assignment> FetchAssignment(enroll::NodeApi& api, enroll::Retries retries,
                                   std::int64_t now_unix, std::stop_token stop);

// One module as the platform describes it now.
Result<ComposedModule> FetchModule(enroll::NodeApi& api, const std::string& id,
                                   enroll::Retries retries, std::stop_token stop);

// The modules of `present` that `wanted` lacks and whose going the platform did not announce: a
// list that shrinks for no stated reason is not believed at once (node-api.md §10.6, RT-3).
std::vector<std::string> UnannouncedRemovals(const Composition& present, const Assignment& wanted);

}  // namespace powernode::runtime
