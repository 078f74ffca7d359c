#include "verify/signed_assignment.h"

#include <algorithm>
#include <utility>

#include "agent/base/clock.h"
#include "agent/base/encoding.h"
#include "agent/base/sha256.h"
#include "agent/base/url.h"
#include "verify/signed_envelope.h"
#include "verify/sigstore/message_reader.h"
#include "verify/sigstore/strict_json.h"

namespace powernode::verify {
namespace {

using sigstore::MessageReader;

constexpr std::string_view kPayloadType = "application/vnd.powernode.assignment.v1+json";
constexpr std::size_t kMaxModules = 1000;

std::vector<const TrustedKey*> KeysFor(const Policy& policy) {
  std::vector<const TrustedKey*> keys;
  for (const TrustedKey& key : policy.trust.keys()) {
    const bool may = policy.assignment_keys ? policy.assignment_keys->contains(key.id)
                                            : !policy.revoked_keys.contains(key.id);
    if (may) keys.push_back(&key);
  }
  return keys;
}

// 64 hex digits of "sha256:<hex>" or the digits alone; empty when the member is absent.
Result<std::string> Digest(const MessageReader& module, std::string_view name) {
  ASSIGN_OR_RETURN(const std::string text, module.String(name));
  if (text.empty()) return text;
  const Result<BlobDigest> digest = BlobDigest::Parse(text);
  if (!digest) return module.Refuse(name, "is no SHA-256");
  return digest->Hex();
}

Result<AssignedModule> ReadModule(const MessageReader& reader) {
  AssignedModule module;
  ASSIGN_OR_RETURN(module.id, reader.RequiredString("id"));
  ASSIGN_OR_RETURN(module.name, reader.RequiredString("name"));
  if (!IsPathId(module.id)) return reader.Refuse("id", "may not stand in a path");
  ASSIGN_OR_RETURN(module.digest, Digest(reader, "digest"));
  if (module.digest.empty()) return reader.Refuse("digest", "is needed");
  if (reader.Has("size_bytes")) {
    ASSIGN_OR_RETURN(const std::int64_t size, reader.Int64("size_bytes"));
    module.size = static_cast<std::uint64_t>(size);
  }
  ASSIGN_OR_RETURN(module.image_format, reader.String("image_format"));
  ASSIGN_OR_RETURN(module.fsverity, Digest(reader, "fsverity_root_hash"));
  ASSIGN_OR_RETURN(module.effective_priority, reader.Int64("effective_priority"));
  ASSIGN_OR_RETURN(module.manifest_sha256, Digest(reader, "manifest_sha256"));
  return module;
}

Status CheckTime(const MessageReader& top, std::int64_t now_unix) {
  ASSIGN_OR_RETURN(const std::string issued_at, top.RequiredString("issued_at"));
  ASSIGN_OR_RETURN(const std::string expires_at, top.RequiredString("expires_at"));
  const std::optional<std::int64_t> end = ParseTime(expires_at);
  if (!ParseTime(issued_at) || !end) return top.Refuse("expires_at", "or issued_at is no time");
  if (now_unix > *end) return top.Refuse("expires_at", "is past: " + expires_at);
  return Ok();
}

Result<SignedAssignment> Read(std::string_view envelope, const Policy& policy,
                              std::string_view instance_id, std::int64_t now_unix) {
  ASSIGN_OR_RETURN(const std::string payload,
                   OpenEnvelope(envelope, kPayloadType, KeysFor(policy)));
  ASSIGN_OR_RETURN(const Json json, sigstore::ParseStrictJson(payload));
  const MessageReader top(json, "assignment");
  ASSIGN_OR_RETURN(const std::string format, top.RequiredString("format"));
  ASSIGN_OR_RETURN(const std::int64_t version, top.Int64("version"));
  if (format != "powernode-assignment" || version != 1)
    return top.Refuse("format", "is not powernode-assignment, version 1");
  ASSIGN_OR_RETURN(const std::string instance, top.RequiredString("instance_id"));
  if (instance != instance_id) return top.Refuse("instance_id", "is that of another node");
  RETURN_IF_ERROR(CheckTime(top, now_unix));
  SignedAssignment assignment{.payload_sha256 = Sha256Hex(payload)};
  ASSIGN_OR_RETURN(assignment.revision, top.Int64("revision"));
  if (assignment.revision < 1) return top.Refuse("revision", "is not a whole number from 1");
  if (!top.Has("modules")) return top.Refuse("modules", "is needed");
  ASSIGN_OR_RETURN(const std::vector<MessageReader> modules, top.Messages("modules", kMaxModules));
  for (const MessageReader& reader : modules) {
    ASSIGN_OR_RETURN(AssignedModule module, ReadModule(reader));
    for (const AssignedModule& other : assignment.modules)
      if (other.id == module.id) return reader.Refuse("id", "is there twice");
    assignment.modules.push_back(std::move(module));
  }
  return assignment;
}

}  // namespace

Result<SignedAssignment> OpenSignedAssignment(std::string_view envelope, const Policy& policy,
                                              std::string_view instance_id, std::int64_t now_unix) {
  Result<SignedAssignment> assignment = Read(envelope, policy, instance_id, now_unix);
  if (!assignment)
    return Error(ErrorKind::kRefuted, "assignment_rejected",
                 "the platform's signed assignment is not taken: " + assignment.error().message());
  return assignment;
}

}  // namespace powernode::verify
