#include "tests/platform/routes.h"

#include <algorithm>

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

// First match wins: fixed names stand before `:id`.
constexpr Route kTarget[] = {
    {"POST", "claim", kNone, kJson, kReport, &PollClaim},
    {"POST", "enroll", kToken, kJson, kEnrol, &Enroll},
    {"POST", "enroll/refresh", kInstance, kJson, kEnrol, &RefreshEnrolment},

    {"GET", "status", kInstance, kJson, kSmall, &ShowStatus},
    {"POST", "status", kInstance, kJson, kSmall, &ReportStatus},
    {"POST", "status/heartbeat", kInstance, kJson, kReport, &Heartbeat},
    {"GET", "status/tasks", kInstance, kJson, kSmall, &ListTasks},
    {"GET", "status/tasks/:id", kInstance, kJson, kSmall, &ShowTask},
    {"POST", "status/tasks/:id/acknowledge", kInstance, kJson, kReport, &AcknowledgeTask},
    {"POST", "status/tasks/:id/complete", kInstance, kJson, kReport, &CompleteTask},
    {"POST", "status/tasks/:id/fail", kInstance, kJson, kReport, &FailTask},
    {"POST", "status/tasks/:id/progress", kInstance, kJson, kReport, &ProgressTask},
    {"POST", "status/tasks/:id/release", kInstance, kJson, kReport, &ReleaseTask},

    {"GET", "modules", kInstance, kJson, kSmall, &ListModules},
    {"GET", "modules/signing_keys", kInstance, kJson, kSmall, &ListSigningKeys},
    {"GET", "modules/:id", kInstance, kJson, kSmall, &ShowModule},
    {"GET", "modules/:id/manifest", kInstance, kRaw, kSmall, &ShowManifest},
    {"GET", "modules/:id/download", kInstance, kJson, kSmall, &ShowDownload},
    {"GET", "modules/:id/objects", kInstance, kJson, kSmall, &ListObjects},
    {"GET", "modules/:id/cosign-bundle", kInstance, kRaw, kSmall, &ShowCosignBundle},
    {"GET", "files/modules/:id/cosign-bundle", kInstance, kRaw, kSmall, &ShowCosignBundle},
    {"GET", "files/modules/:id", kInstance, kRaw, kSmall, &ServeModuleFile},
    {"GET", "files/modules/:id/:filename", kInstance, kRaw, kSmall, &ServeModuleFile},
    {"GET", "trust/policy", kInstance, kJson, kSmall, &ShowTrustPolicy},
    {"GET", "blobs/sha256/:hex", kInstance, kRaw, kSmall, &ServeBlob},
    {"POST", "objects/fetch", kInstance, kRaw, kEnrol, &FetchObjects},
    {"GET", "objects/:hex", kInstance, kRaw, kSmall, &ServeObject},

    {"GET", "config", kInstance, kJson, kSmall, &ShowConfig},
    {"GET", "config/authorized_keys", kInstance, kJson, kSmall, &ShowAuthorizedKeys},
    {"GET", "config/host_keys", kInstance, kJson, kSmall, &ShowHostKeys},
    {"GET", "config/network", kInstance, kJson, kSmall, &ShowNetwork},
    {"POST", "fleet/events", kInstance, kJson, kEnrol, &TakeEvents},
    {"GET", "boot_image/download", kInstance, kRaw, kSmall, &NoBootImage},

    {"GET", "storage_volume", kInstance, kJson, kSmall, &NoStorageVolume},
    {"GET", "storage_migrations", kInstance, kJson, kSmall, &NoStorageMigrations},
    {"GET", "storage_assignments", kInstance, kJson, kSmall, &NoStorageAssignments},
    {"GET", "mount_points", kInstance, kJson, kSmall, &NoMountPoints},
    {"GET", "config/sdwan", kInstance, kJson, kSmall, &NoNetworks},
    {"GET", "runtime/:runtime/config", kInstance, kJson, kSmall, &NoRuntime},
    {"GET", "puppet/manifest", kInstance, kJson, kSmall, &NoPuppetManifest},
};

constexpr Personality kPersonalities[] = {
    {"target",
     "task-lease,idempotency,range,blobs,objects,assignment-rev,trust-policy,ca-negotiation,claim-"
     "bind,"
     "heartbeat-ext",
     kTarget},
};

bool IsIdCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

const Personality* FindPersonality(std::string_view name) {
  const auto* found = std::find_if(std::begin(kPersonalities), std::end(kPersonalities),
                                   [name](const Personality& one) { return one.name == name; });
  return found == std::end(kPersonalities) ? nullptr : found;
}

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text[0] != '.' && text[0] != '_' && text[0] != '-' &&
         std::all_of(text.begin(), text.end(), IsIdCharacter);
}

bool Matches(std::string_view pattern, const std::vector<std::string>& segments) {
  for (const std::string& segment : segments) {
    if (pattern.empty()) return false;
    const std::string_view wanted = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(std::min(wanted.size() + 1, pattern.size()));
    if (wanted.front() == ':' ? !IsId(segment) : wanted != segment) return false;
  }
  return pattern.empty();
}

}  // namespace powernode::platform
