#include "enroll/pending_request.h"

#include <optional>

#include "agent/base/files.h"
#include "agent/base/json.h"
#include "agent/base/random.h"
#include "agent/base/sha256.h"
#include "agent/base/state_file.h"
#include "enroll/csr.h"
#include "enroll/key.h"
#include "enroll/pki_layout.h"

namespace powernode::enroll {
namespace {

constexpr std::size_t kMaxBytes = 16 * 1024;

StateFile RecordFile(const std::string& directory) {
  return {.path = JoinPath(directory, kPendingFile), .format = kPendingFormat};
}

Status WriteRecord(const std::string& directory, const PendingRequest& pending) {
  const Json body = {{"purpose", "enroll"},
                     {"instance_id", pending.instance_id},
                     {"request_id", pending.request_id},
                     {"token_sha256", pending.token_sha256},
                     {"refusal", pending.refusal}};
  return WriteState(RecordFile(directory), body, 0600);
}

// nullopt: there is none that can be used.
std::optional<PendingRequest> Read(const std::string& directory, const std::string& instance_id) {
  const Result<std::optional<Json>> record = ReadState(RecordFile(directory));
  if (!record || !*record) return std::nullopt;
  const Json& body = **record;
  PendingRequest out;
  out.instance_id = GetString(body, "instance_id").value_or("");
  out.request_id = GetString(body, "request_id").value_or("");
  out.token_sha256 = GetString(body, "token_sha256").value_or("");
  out.refusal = GetString(body, "refusal").value_or("");
  if (out.instance_id != instance_id || out.request_id.empty()) return std::nullopt;
  Result<std::string> key = ReadFile(JoinPath(directory, kKeyFile), kMaxBytes);
  Result<std::string> csr = ReadFile(JoinPath(directory, kCsrFile), kMaxBytes);
  if (!key || !csr) return std::nullopt;
  out.key_pem = Secret(std::move(*key));
  out.csr_pem = std::move(*csr);
  if (!CheckKey(out.key_pem) || out.csr_pem.empty()) return std::nullopt;
  return out;
}

Status WriteNew(const std::string& directory, const PendingRequest& pending) {
  RETURN_IF_ERROR(RemoveTree(directory));  // of another instance, or damaged
  return WriteDirectory(directory, [&pending](const std::string& unfinished) -> Status {
    RETURN_IF_ERROR(
        WriteFileAtomically(JoinPath(unfinished, kKeyFile), pending.key_pem.Reveal(), 0600));
    RETURN_IF_ERROR(WriteFileAtomically(JoinPath(unfinished, kCsrFile), pending.csr_pem, 0644));
    return WriteRecord(unfinished, pending);
  });
}

}  // namespace

Result<PendingRequest> PrepareRequest(const std::string& pki_directory,
                                      const std::string& instance_id, const Secret& token) {
  constexpr std::string_view kContext = "save the key before it is used";
  ASSIGN_OR_RETURN_CONTEXT(const LockFile lock, LockPki(pki_directory, "prepare enrolment"),
                           kContext);
  const std::string directory = JoinPath(pki_directory, kPendingDirectory);
  const std::string token_sha256 = Sha256Hex(token.Reveal());
  if (std::optional<PendingRequest> present = Read(directory, instance_id)) {
    if (present->token_sha256 == token_sha256) return *std::move(present);
    present->token_sha256 = token_sha256;
    present->request_id = RandomUuid();
    present->refusal.clear();
    RETURN_IF_ERROR_CONTEXT(WriteRecord(directory, *present), kContext);
    return *std::move(present);
  }
  PendingRequest fresh{.instance_id = instance_id,
                       .request_id = RandomUuid(),
                       .token_sha256 = token_sha256,
                       .refusal = {},
                       .key_pem = {},
                       .csr_pem = {}};
  ASSIGN_OR_RETURN(fresh.key_pem, GenerateKey());
  ASSIGN_OR_RETURN(fresh.csr_pem, MakeCsr(fresh.key_pem, instance_id));
  RETURN_IF_ERROR_CONTEXT(WriteNew(directory, fresh), kContext);
  return fresh;
}

Status MarkTokenRefused(const std::string& pki_directory, const PendingRequest& pending,
                        std::string_view refusal) {
  ASSIGN_OR_RETURN(const LockFile lock, LockPki(pki_directory, "remember a refused token"));
  PendingRequest dead = pending;
  dead.refusal = refusal;
  return WriteRecord(JoinPath(pki_directory, kPendingDirectory), dead);
}

}  // namespace powernode::enroll
