// The routes of the contract (node-api.md §5) as tables. A personality is a server generation: it
// brings its own rows and shares the others.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "tests/platform/call.h"

namespace powernode::platform {

enum class RouteAuth { kNone, kToken, kInstance };
// What the answer is when all goes well; raw routes need no `Accept: application/json`.
enum class RouteBody { kJson, kRaw };

struct Route {
  std::string_view method;
  std::string_view pattern;  // below the API prefix; `:name` stands for one segment
  RouteAuth auth;
  RouteBody body;
  std::size_t request_cap;  // bytes (§1.3)
  Handler handler;
};

struct Personality {
  std::string_view name;
  std::string_view features{};       // X-Powernode-Features (§21); none, and no header, when empty
  bool issues_bearers = false;       // instance tokens, beside certificates
  bool matches_certificates = true;  // the presented one must itself be on file (§2.1)
  std::span<const Route> own{};      // looked at first
  std::span<const Route> shared{};
};

const Personality* FindPersonality(std::string_view name);  // personalities.cc

// Null when it has no such route.
const Route* FindRoute(const Personality& personality, const Request& request);

// True when `segments` fit `pattern`; every `:name` must be a well-formed id (§1.1).
bool Matches(std::string_view pattern, const std::vector<std::string>& segments);
// ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$
bool IsId(std::string_view text);

// Handlers, by the file that has them.
Answer PollClaim(Call& call);      // claim.cc
Answer PollClaimGen1(Call& call);  // old_claim.cc
Answer PollClaimGen2(Call& call);
Answer Enroll(Call& call);  // enroll.cc
Answer RefreshEnrolment(Call& call);
Answer EnrollOnce(Call& call);  // old_enroll.cc
Answer RefreshAnew(Call& call);
Answer ShowStatus(Call& call);  // node_status.cc
Answer ReportStatus(Call& call);
Answer Heartbeat(Call& call);  // heartbeat.cc
Answer ListTasks(Call& call);  // tasks.cc
Answer ShowTask(Call& call);
Answer AcknowledgeTask(Call& call);
Answer CompleteTask(Call& call);
Answer FailTask(Call& call);
Answer ProgressTask(Call& call);
Answer ReleaseTask(Call& call);
Answer AcknowledgeGen1(Call& call);  // old_tasks.cc
Answer CompleteGen1(Call& call);
Answer FailGen1(Call& call);
Answer AcknowledgeGen2(Call& call);
Answer CompleteGen2(Call& call);
Answer FailGen2(Call& call);
Answer ListModules(Call& call);  // modules.cc
Answer ShowModule(Call& call);
Answer ShowManifest(Call& call);
Answer ShowDownload(Call& call);
Answer ShowCosignBundle(Call& call);
Answer ListSigningKeys(Call& call);
Answer ListModulesGen1(Call& call);  // old_modules.cc
Answer ListModulesGen2(Call& call);
Answer ShowModuleGen1(Call& call);
Answer ShowModuleGen2(Call& call);
Answer ShowTrustPolicy(Call& call);  // trust_policy.cc
Answer ServeModuleFile(Call& call);  // blobs.cc
Answer ServeBlob(Call& call);
Answer ListObjects(Call& call);  // objects.cc
Answer ServeObject(Call& call);
Answer FetchObjects(Call& call);
Answer ShowConfig(Call& call);  // node_config.cc
Answer ShowAuthorizedKeys(Call& call);
Answer ShowHostKeys(Call& call);
Answer ShowNetwork(Call& call);
Answer TakeEvents(Call& call);       // events.cc
Answer NoStorageVolume(Call& call);  // profiles.cc
Answer NoStorageMigrations(Call& call);
Answer NoStorageAssignments(Call& call);
Answer NoMountPoints(Call& call);
Answer NoNetworks(Call& call);
Answer NoRuntime(Call& call);
Answer NoPuppetManifest(Call& call);
Answer BreakDown(Call& call);
Answer IgnoreReport(Call& call);
Answer NoBootImage(Call& call);

}  // namespace powernode::platform
