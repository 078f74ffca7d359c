#include "runtime/join.h"

#include <algorithm>

#include "agent/base/backoff.h"
#include "runtime/boot_partition.h"

namespace powernode::runtime {
namespace {

constexpr std::chrono::seconds kIdentityCap{300};

std::optional<identity::StoredIdentity> Stored(const enroll::CredentialsPtr& credentials,
                                               std::int64_t now) {
  if (!credentials) return std::nullopt;
  return identity::StoredIdentity{.instance_uuid = credentials->instance_id,
                                  .platform = credentials->platform,
                                  .ca_pem = credentials->ca_pem,
                                  .usable = credentials->not_after > now};
}

}  // namespace

JoinAttempt JoinOnce(const JoinRequest& request, Clock& clock, std::stop_token stop) {
  enroll::PkiStore store(request.paths.pki);
  enroll::PkiStore::Loaded loaded = store.Load(clock.UnixSeconds());
  identity::SourceContext context{.paths = request.paths, .clock = &clock, .stop = stop};
  context.stored = Stored(loaded.credentials, clock.UnixSeconds());
  context.given = request.given;
  if (request.paths.root.empty()) context.boot_partition = BootPartitionOf(request.paths);
  identity::Resolution resolution = identity::Resolve(context);
  std::vector<Error> findings = std::move(loaded.findings);
  if (loaded.credentials && !loaded.is_current)
    if (Status repaired = store.MakeCurrent(loaded.credentials->generation); !repaired)
      findings.push_back(repaired.error());
  findings.insert(findings.end(), resolution.findings.begin(), resolution.findings.end());

  if (!resolution.identity)
    return {.outcome = std::move(resolution.identity).error(),
            .stage = "identity",
            .source = "",
            .enroll = {}};
  const identity::Identity& identity = *resolution.identity;
  const std::string source = identity.instance_uuid_from.source;
  if (identity.enrolled)
    return {.outcome = Joined{.credentials = std::move(loaded.credentials),
                              .by = JoinedBy::kStored,
                              .source = source,
                              .findings = std::move(findings)},
            .stage = "identity",
            .source = source,
            .enroll = {}};

  const enroll::PersistKind persist = request.persist == PersistState::kDurable
                                          ? enroll::PersistKind::kDurable
                                          : enroll::PersistKind::kVolatile;
  enroll::EnrollAttempt attempt =
      enroll::Enroll(identity, persist, store, enroll::CurlTransports(), clock, stop);
  if (!attempt.outcome && context.stored && context.stored->usable) {
    // Another instance's token did not work: the node goes on as who it was (node-files.md §2.2,
    // I7).
    Error refused = attempt.outcome.error().WithContext("become " + identity.instance_uuid);
    findings.push_back(refused);
    return {.outcome = Joined{.credentials = std::move(loaded.credentials),
                              .by = JoinedBy::kStored,
                              .source = "stored",
                              .refused_change = std::move(refused),
                              .findings = std::move(findings)},
            .stage = "identity",
            .source = "stored",
            .enroll = {}};
  }
  if (!attempt.outcome) {
    Error error = attempt.outcome.error();
    return {.outcome = std::move(error),
            .stage = "enroll",
            .source = source,
            .enroll = std::move(attempt)};
  }
  const bool saved = !attempt.outcome->not_saved.has_value();
  if (!saved) findings.push_back(*attempt.outcome->not_saved);
  return {.outcome = Joined{.credentials = attempt.outcome->credentials,
                            .by = JoinedBy::kEnrolled,
                            .saved = saved,
                            .source = source,
                            .findings = std::move(findings)},
          .stage = "enroll",
          .source = source,
          .enroll = {}};
}

std::chrono::milliseconds JoinPace::Next(const JoinAttempt& failed) {
  if (failed.enroll) return enroll_.Next(*failed.enroll);
  const std::chrono::milliseconds wait = Jittered(identity_, 0.1);
  identity_ = std::min(identity_ * 2, kIdentityCap);
  return wait;
}

}  // namespace powernode::runtime
