#include "enroll/pending_request.h"

#include "agent/base/files.h"
#include "agent/base/json.h"
#include "agent/base/random.h"
#include "agent/base/sha256.h"
#include "agent/base/state_file.h"
#include "enroll/csr.h"
#include "enroll/key.h"
#include "enroll/pki_layout.h"
#include "identity/record.h"

namespace powernode::enroll {
namespace {

constexpr std::size_t kMaxBytes = 16 * 1024;
constexpr std::string_view kContext = "save the key before it is used";

std::string PendingIn(const std::string& pki_directory) {
  return JoinPath(pki_directory, kPendingDirectory);
}

StateFile RecordFile(const std::string& directory) {
  return {.path = JoinPath(directory, kPendingFile), .format = kPendingFormat};
}

StateFile ClaimFile(const std::string& pki_directory) {
  return {.path = JoinPath(PendingIn(pki_directory), kClaimFile), .format = kClaimFormat};
}

Status WriteRecord(const std::string& directory, const PendingRequest& pending) {
  const Json body = {{"instance_id", pending.instance_id},
                     {"request_id", pending.request_id},
                     {"token_sha256", pending.token_sha256},
                     {"refusal", pending.refusal}};
  return WriteState(RecordFile(directory), body, 0600);
}

// The key and what it is for; nullopt: there is none that can be used.
std::optional<PendingRequest> Read(const std::string& directory) {
  const Result<std::optional<Json>> record = ReadState(RecordFile(directory));
  if (!record || !*record) return std::nullopt;
  const Json& body = **record;
  PendingRequest out;
  out.instance_id = GetString(body, "instance_id").value_or("");
  out.request_id = GetString(body, "request_id").value_or("");
  out.token_sha256 = GetString(body, "token_sha256").value_or("");
  out.refusal = GetString(body, "refusal").value_or("");
  Result<std::string> key = ReadFile(JoinPath(directory, kKeyFile), kMaxBytes);
  if (!key || out.request_id.empty()) return std::nullopt;
  out.key_pem = Secret(std::move(*key));
  if (!CheckKey(out.key_pem)) return std::nullopt;
  if (out.instance_id.empty()) return out;
  Result<std::string> csr = ReadFile(JoinPath(directory, kCsrFile), kMaxBytes);
  if (!csr || csr->empty()) return std::nullopt;
  out.csr_pem = std::move(*csr);
  return out;
}

// A new key that is nobody's yet, in the place of one of another instance or of a damaged one.
Result<PendingRequest> WriteNew(const std::string& directory) {
  PendingRequest fresh;
  fresh.request_id = RandomUuid();
  ASSIGN_OR_RETURN(fresh.key_pem, GenerateKey());
  RETURN_IF_ERROR_CONTEXT(RemoveTree(directory), kContext);
  const Status written =
      WriteDirectory(directory, [&fresh](const std::string& unfinished) -> Status {
        RETURN_IF_ERROR(
            WriteFileAtomically(JoinPath(unfinished, kKeyFile), fresh.key_pem.Reveal(), 0600));
        return WriteRecord(unfinished, fresh);
      });
  RETURN_IF_ERROR_CONTEXT(written, kContext);
  return fresh;
}

// The pending key if it is this instance's or nobody's, else a new one.
Result<PendingRequest> KeyFor(const std::string& directory, const std::string& instance_id) {
  std::optional<PendingRequest> present = Read(directory);
  if (present && (present->instance_id.empty() || present->instance_id == instance_id))
    return *std::move(present);
  return WriteNew(directory);
}

// The record names the instance only when its CSR is there.
Status GiveTo(const std::string& instance_id, const std::string& directory,
              PendingRequest& pending) {
  if (pending.instance_id == instance_id) return Ok();
  ASSIGN_OR_RETURN(pending.csr_pem, MakeCsr(pending.key_pem, instance_id));
  RETURN_IF_ERROR(WriteFileAtomically(JoinPath(directory, kCsrFile), pending.csr_pem, 0644));
  pending.instance_id = instance_id;
  return Ok();
}

}  // namespace

Result<Secret> PrepareKey(const std::string& pki_directory, const std::string& instance_id) {
  ASSIGN_OR_RETURN_CONTEXT(const LockFile lock, LockPki(pki_directory, "prepare claim"), kContext);
  ASSIGN_OR_RETURN(PendingRequest pending, KeyFor(PendingIn(pki_directory), instance_id));
  return std::move(pending.key_pem);
}

Result<PendingRequest> PrepareRequest(const std::string& pki_directory,
                                      const std::string& instance_id, const Secret& token) {
  ASSIGN_OR_RETURN_CONTEXT(const LockFile lock, LockPki(pki_directory, "prepare enrolment"),
                           kContext);
  const std::string directory = PendingIn(pki_directory);
  ASSIGN_OR_RETURN(PendingRequest pending, KeyFor(directory, instance_id));
  const std::string token_sha256 = Sha256Hex(token.Reveal());
  if (pending.instance_id == instance_id && pending.token_sha256 == token_sha256) return pending;
  RETURN_IF_ERROR_CONTEXT(GiveTo(instance_id, directory, pending), kContext);
  pending.token_sha256 = token_sha256;
  pending.request_id = RandomUuid();
  pending.refusal.clear();
  RETURN_IF_ERROR_CONTEXT(WriteRecord(directory, pending), kContext);
  return pending;
}

Result<PendingRequest> PrepareRenewal(const std::string& pki_directory,
                                      const std::string& instance_id) {
  ASSIGN_OR_RETURN_CONTEXT(const LockFile lock, LockPki(pki_directory, "prepare renewal"),
                           kContext);
  const std::string directory = JoinPath(pki_directory, kRenewalDirectory);
  ASSIGN_OR_RETURN(PendingRequest pending, KeyFor(directory, instance_id));
  if (pending.instance_id == instance_id) return pending;
  RETURN_IF_ERROR_CONTEXT(GiveTo(instance_id, directory, pending), kContext);
  RETURN_IF_ERROR_CONTEXT(WriteRecord(directory, pending), kContext);
  return pending;
}

Status MarkTokenRefused(const std::string& pki_directory, const PendingRequest& pending,
                        std::string_view refusal) {
  ASSIGN_OR_RETURN(const LockFile lock, LockPki(pki_directory, "remember a refused token"));
  PendingRequest dead = pending;
  dead.refusal = refusal;
  return WriteRecord(PendingIn(pki_directory), dead);
}

Status KeepClaim(const std::string& pki_directory, const ClaimResult& claim) {
  ASSIGN_OR_RETURN(const LockFile lock, LockPki(pki_directory, "keep a claim"));
  const Json body = {{"platform_url", claim.platform.ToString()},
                     {"instance_uuid", claim.instance_uuid},
                     {"instead_of", claim.instead_of},
                     {"bootstrap_token", claim.token.Reveal()}};
  return WriteState(ClaimFile(pki_directory), body, 0600);
}

std::optional<ClaimResult> KeptClaim(const std::string& pki_directory) {
  const Result<std::optional<Json>> file = ReadState(ClaimFile(pki_directory));
  if (!file || !*file) return std::nullopt;
  identity::Record record;
  identity::SetPlatformUrl(record, "", GetString(**file, "platform_url").value_or(""));
  identity::SetInstanceUuid(record, "", GetString(**file, "instance_uuid").value_or(""));
  identity::SetBootstrapToken(record, "",
                              Secret(GetString(**file, "bootstrap_token").value_or("")));
  if (!record.platform || !record.instance_uuid || !record.bootstrap_token) return std::nullopt;
  return ClaimResult{.platform = *record.platform,
                     .instance_uuid = *record.instance_uuid,
                     .token = *record.bootstrap_token,
                     .instead_of = GetString(**file, "instead_of").value_or("")};
}

// The record goes first: after a cut between the two the dead token is refused once more.
Status ForgetClaim(const std::string& pki_directory) {
  ASSIGN_OR_RETURN(const LockFile lock, LockPki(pki_directory, "forget a claim"));
  const std::string directory = PendingIn(pki_directory);
  if (std::optional<PendingRequest> pending = Read(directory)) {
    pending->instance_id.clear();
    pending->token_sha256.clear();
    pending->refusal.clear();
    RETURN_IF_ERROR(WriteRecord(directory, *pending));
  }
  RETURN_IF_ERROR(RemoveTree(ClaimFile(pki_directory).path));
  return SyncDirectory(directory);
}

}  // namespace powernode::enroll
