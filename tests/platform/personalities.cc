// What each server generation answers (node-api.md §5, §20): its own rows, then those that all
// share. First match wins, so that fixed names stand before `:id`.
#include <algorithm>

#include "tests/platform/routes.h"

namespace powernode::platform {
namespace {

constexpr std::size_t kSmall = 64 << 10;
constexpr std::size_t kEnrol = 256 << 10;
constexpr std::size_t kReport = 1 << 20;

constexpr auto kNone = RouteAuth::kNone;
constexpr auto kToken = RouteAuth::kToken;
constexpr auto kInstance = RouteAuth::kInstance;
constexpr auto kJson = RouteBody::kJson;
constexpr auto kRaw = RouteBody::kRaw;

constexpr Route kShared[] = {
    {"GET", "status", kInstance, kJson, kSmall, &ShowStatus},
    {"POST", "status", kInstance, kJson, kSmall, &ReportStatus},
    {"POST", "status/heartbeat", kInstance, kJson, kReport, &Heartbeat},
    {"GET", "status/tasks", kInstance, kJson, kSmall, &ListTasks},
    {"GET", "status/tasks/:id", kInstance, kJson, kSmall, &ShowTask},

    {"GET", "modules/:id/download", kInstance, kJson, kSmall, &ShowDownload},

    {"GET", "config", kInstance, kJson, kSmall, &ShowConfig},
    {"GET", "config/authorized_keys", kInstance, kJson, kSmall, &ShowAuthorizedKeys},
    {"GET", "config/host_keys", kInstance, kJson, kSmall, &ShowHostKeys},
    {"GET", "config/network", kInstance, kJson, kSmall, &ShowNetwork},
    {"POST", "fleet/events", kInstance, kJson, kEnrol, &TakeEvents},

    {"GET", "storage_volume", kInstance, kJson, kSmall, &NoStorageVolume},
    {"GET", "storage_migrations", kInstance, kJson, kSmall, &NoStorageMigrations},
    {"GET", "storage_assignments", kInstance, kJson, kSmall, &NoStorageAssignments},
    {"GET", "mount_points", kInstance, kJson, kSmall, &NoMountPoints},
    {"GET", "config/sdwan", kInstance, kJson, kSmall, &NoNetworks},
    {"GET", "runtime/:runtime/config", kInstance, kJson, kSmall, &NoRuntime},
    {"GET", "puppet/manifest", kInstance, kJson, kSmall, &NoPuppetManifest},
};

constexpr Route kTarget[] = {
    {"POST", "claim", kNone, kJson, kReport, &PollClaim},
    {"POST", "enroll", kToken, kJson, kEnrol, &Enroll},
    {"POST", "enroll/refresh", kInstance, kJson, kEnrol, &RefreshEnrolment},

    {"POST", "status/tasks/:id/acknowledge", kInstance, kJson, kReport, &AcknowledgeTask},
    {"POST", "status/tasks/:id/complete", kInstance, kJson, kReport, &CompleteTask},
    {"POST", "status/tasks/:id/fail", kInstance, kJson, kReport, &FailTask},
    {"POST", "status/tasks/:id/progress", kInstance, kJson, kReport, &ProgressTask},
    {"POST", "status/tasks/:id/release", kInstance, kJson, kReport, &ReleaseTask},

    {"GET", "modules", kInstance, kJson, kSmall, &ListModules},
    {"GET", "modules/signing_keys", kInstance, kJson, kSmall, &ListSigningKeys},
    {"GET", "modules/:id", kInstance, kJson, kSmall, &ShowModule},
    {"GET", "modules/:id/manifest", kInstance, kRaw, kSmall, &ShowManifest},
    {"GET", "modules/:id/objects", kInstance, kJson, kSmall, &ListObjects},
    {"GET", "modules/:id/cosign-bundle", kInstance, kRaw, kSmall, &ShowCosignBundle},
    {"GET", "files/modules/:id/cosign-bundle", kInstance, kRaw, kSmall, &ShowCosignBundle},
    {"GET", "files/modules/:id", kInstance, kRaw, kSmall, &ServeModuleFile},
    {"GET", "files/modules/:id/:filename", kInstance, kRaw, kSmall, &ServeModuleFile},
    {"GET", "trust/policy", kInstance, kJson, kSmall, &ShowTrustPolicy},
    {"GET", "blobs/sha256/:hex", kInstance, kRaw, kSmall, &ServeBlob},
    {"POST", "objects/fetch", kInstance, kRaw, kEnrol, &FetchObjects},
    {"GET", "objects/:hex", kInstance, kRaw, kSmall, &ServeObject},
    {"GET", "boot_image/download", kInstance, kRaw, kSmall, &NoBootImage},
};

constexpr Route kGen1[] = {
    {"POST", "claim", kNone, kJson, kReport, &PollClaimGen1},
    {"POST", "enroll", kToken, kJson, kEnrol, &EnrollOnce},
    {"POST", "enroll/refresh", kInstance, kJson, kEnrol, &RefreshAnew},

    {"POST", "status/tasks/:id/acknowledge", kInstance, kJson, kReport, &AcknowledgeGen1},
    {"POST", "status/tasks/:id/complete", kInstance, kJson, kReport, &CompleteGen1},
    {"POST", "status/tasks/:id/fail", kInstance, kJson, kReport, &FailGen1},

    {"GET", "modules", kInstance, kJson, kSmall, &ListModulesGen1},
    {"GET", "modules/:id", kInstance, kJson, kSmall, &ShowModuleGen1},

    {"POST", "storage_assignments/:id/status", kInstance, kJson, kSmall, &BreakDown},
    {"GET", "mount_points", kInstance, kJson, kSmall, &BreakDown},
    {"GET", "mount_points/:id", kInstance, kJson, kSmall, &BreakDown},
    {"POST", "modules/:id/versions", kInstance, kJson, kReport, &BreakDown},
    {"GET", "modules/:id/rsync_spec", kInstance, kRaw, kSmall, &BreakDown},
    {"POST", "peer/announce", kInstance, kJson, kSmall, &BreakDown},
    {"POST", "peer/execute_result", kInstance, kJson, kSmall, &BreakDown},
    {"POST", "status/sdwan", kInstance, kJson, kReport, &IgnoreReport},
};

constexpr Route kGen2[] = {
    {"POST", "claim", kNone, kJson, kReport, &PollClaimGen2},
    {"POST", "enroll", kToken, kJson, kEnrol, &EnrollOnce},
    {"POST", "enroll/refresh", kInstance, kJson, kEnrol, &RefreshAnew},

    {"POST", "status/tasks/:id/acknowledge", kInstance, kJson, kReport, &AcknowledgeGen2},
    {"POST", "status/tasks/:id/complete", kInstance, kJson, kReport, &CompleteGen2},
    {"POST", "status/tasks/:id/fail", kInstance, kJson, kReport, &FailGen2},

    {"GET", "modules", kInstance, kJson, kSmall, &ListModulesGen2},
    {"GET", "modules/signing_keys", kInstance, kJson, kSmall, &ListSigningKeys},
    {"GET", "modules/:id", kInstance, kJson, kSmall, &ShowModuleGen2},
    {"GET", "modules/:id/cosign-bundle", kInstance, kRaw, kSmall, &ShowCosignBundle},
    {"GET", "files/modules/:id/cosign-bundle", kInstance, kRaw, kSmall, &ShowCosignBundle},
    {"GET", "files/modules/:id", kInstance, kRaw, kSmall, &ServeModuleFile},
    {"GET", "files/modules/:id/:filename", kInstance, kRaw, kSmall, &ServeModuleFile},
    {"GET", "boot_image/download", kInstance, kRaw, kSmall, &NoBootImage},
};

constexpr Personality kPersonalities[] = {
    {.name = "target",
     .features = "task-lease,idempotency,range,blobs,objects,assignment-rev,trust-policy,"
                 "ca-negotiation,claim-bind,claim-proof,heartbeat-ext",
     .own = kTarget,
     .shared = kShared},
    {.name = "gen2", .own = kGen2, .shared = kShared},
    {.name = "gen1",
     .issues_bearers = true,
     .matches_certificates = false,
     .own = kGen1,
     .shared = kShared},
};

}  // namespace

const Personality* FindPersonality(std::string_view name) {
  const auto* found = std::find_if(std::begin(kPersonalities), std::end(kPersonalities),
                                   [name](const Personality& one) { return one.name == name; });
  return found == std::end(kPersonalities) ? nullptr : found;
}

}  // namespace powernode::platform
