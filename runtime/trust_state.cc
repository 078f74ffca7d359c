#include "runtime/trust_state.h"

#include <algorithm>

#include "agent/base/files.h"
#include "agent/base/lock_file.h"
#include "runtime/state_files.h"

namespace powernode::runtime {
namespace {

constexpr std::chrono::milliseconds kLockPatience{10'000};

std::int64_t Revision(const Json& body, std::string_view key) {
  return std::max<std::int64_t>(0, GetInt(body, key).value_or(0));
}

Json ToJson(const TrustState& trust) {
  Json body = Json::object();
  if (trust.policy_envelope) body["envelope"] = *trust.policy_envelope;
  if (trust.policy_revision > 0) body["policy_revision"] = trust.policy_revision;
  if (trust.assignment_revision > 0) {
    body["assignment_revision"] = trust.assignment_revision;
    body["assignment_sha256"] = trust.assignment_sha256;
  }
  return body;
}

}  // namespace

Result<TrustState> LoadTrustState(const Paths& paths) {
  ASSIGN_OR_RETURN(const std::optional<Json> state, ReadStateOrSetAside(TrustFile(paths)));
  if (!state) return TrustState();
  const Json& body = *state;
  return TrustState{
      .policy_envelope = GetString(body, "envelope"),
      .policy_revision = static_cast<std::uint64_t>(Revision(body, "policy_revision")),
      .assignment_revision = Revision(body, "assignment_revision"),
      .assignment_sha256 = GetString(body, "assignment_sha256").value_or("")};
}

Status KeepTrust(const Paths& paths, const TrustState& news) {
  RETURN_IF_ERROR(MakeDirectories(paths.agent_state, 0755));
  ASSIGN_OR_RETURN(const LockFile alone,
                   LockFile::Take(paths.agent_state + "/.lock", "trust state", kLockPatience));
  ASSIGN_OR_RETURN(TrustState trust, LoadTrustState(paths));
  if (news.policy_envelope && news.policy_revision >= trust.policy_revision) {
    trust.policy_envelope = news.policy_envelope;
    trust.policy_revision = news.policy_revision;
  }
  if (news.assignment_revision > 0 && news.assignment_revision >= trust.assignment_revision) {
    trust.assignment_revision = news.assignment_revision;
    trust.assignment_sha256 = news.assignment_sha256;
  }
  return WriteState(TrustFile(paths), ToJson(trust));
}

Status RequireNotOlder(const TrustState& trust, const verify::SignedAssignment& assignment) {
  if (assignment.revision < trust.assignment_revision)
    return Error(ErrorKind::kRefused, "revision_rollback",
                 "the platform's signed assignment is revision " +
                     std::to_string(assignment.revision) + ", this node has accepted revision " +
                     std::to_string(trust.assignment_revision));
  if (assignment.revision == trust.assignment_revision &&
      assignment.payload_sha256 != trust.assignment_sha256)
    return Error(ErrorKind::kRefuted, "assignment_rejected",
                 "the platform's signed assignment is another one of revision " +
                     std::to_string(assignment.revision) + " than this node has accepted");
  return Ok();
}

}  // namespace powernode::runtime
