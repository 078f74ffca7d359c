#include "verify/sigstore/evidence.h"

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "agent/base/encoding.h"
#include "agent/base/printable.h"
#include "verify/quoted.h"
#include "verify/sigstore/checkpoint.h"
#include "verify/sigstore/entry_promise.h"
#include "verify/sigstore/inclusion_proof.h"
#include "verify/sigstore/refusal.h"
#include "verify/sigstore/rfc3339.h"
#include "verify/x509/timestamp.h"

namespace powernode::verify::sigstore {
namespace {

Status RefuseDuplicates(const std::vector<LogEntry>& entries) {
  std::set<std::pair<std::string_view, std::int64_t>> seen;
  for (const LogEntry& entry : entries)
    if (!seen.emplace(entry.log_id, entry.log_index).second)
      return Wrong(stage::kLog, "log entries: one of them is given twice");
  return Ok();
}

Status CheckInclusion(const LogEntry& entry, const InclusionProof& proof, EntryKind kind,
                      const TransparencyLog& log) {
  const RekorVersion version = IsRekorV2(kind) ? RekorVersion::kV2 : RekorVersion::kV1;
  ASSIGN_OR_RETURN(const Checkpoint checkpoint, ParseCheckpoint(proof.checkpoint));
  RETURN_IF_ERROR(CheckCheckpoint(checkpoint, log, version));
  if (version == RekorVersion::kV2 && entry.log_index != proof.log_index)
    return Wrong(stage::kLogInclusion, "log entry: two indexes that differ");
  if (!proof.root_hash.empty() && proof.root_hash != checkpoint.root_hash)
    return Wrong(stage::kLogInclusion, "inclusion proof: its root is not the checkpoint's");
  if (proof.tree_size != 0 && proof.tree_size != checkpoint.tree_size)
    return Wrong(stage::kLogInclusion, "inclusion proof: its tree size is not the checkpoint's");
  if (!IsIncluded(LeafHash(entry.body), proof.log_index, checkpoint.tree_size, proof.hashes,
                  checkpoint.root_hash))
    return Wrong(stage::kLogInclusion,
                 "inclusion proof: the entry is not in the checkpoint's tree");
  return Ok();
}

// Everything that an entry of a known log brings must hold.
Status CheckEntry(const LogEntry& entry, const EntryBody& body, const TransparencyLog& log,
                  const SignedContent& content, Facts& facts) {
  const std::string id = HexEncode(log.log.id);
  if (!entry.promise.empty()) {
    if (IsRekorV2(body.kind))
      return Wrong(stage::kLogSet, "log entry: a promise, which logs of this kind do not make");
    ASSIGN_OR_RETURN(const x509::Instant time,
                     CheckPromise({.body = entry.body,
                                   .integrated_time = entry.integrated_time,
                                   .log_index = entry.log_index,
                                   .signature = entry.promise},
                                  log.log));
    facts.times.push_back({.source = TrustedTime::Source::kLog, .id = id, .time = time});
  }
  if (entry.proof) RETURN_IF_ERROR(CheckInclusion(entry, *entry.proof, body.kind, log));
  if (entry.promise.empty() && !entry.proof)
    return Wrong(stage::kLog, "log entry: neither a promise nor a proof");
  RETURN_IF_ERROR(CheckEntryBody(body, entry.body, content));
  facts.logs.push_back(
      {.id = id,
       .kind = entry.proof ? LogEvidence::Kind::kIncluded : LogEvidence::Kind::kPromised});
  return Ok();
}

// Which log is missing in the root, since an old root is why most entries are not counted.
std::string UnknownLog(const LogEntry& entry, const TrustedRoot* root) {
  std::string text = "; log " + HexEncode(entry.log_id.substr(0, 32));
  if (entry.proof) {
    const std::string& note = entry.proof->checkpoint;
    text += " (" + Printable(note.substr(0, std::min(note.find('\n'), kQuotedAtMost))) + ")";
  }
  text += " is not in the trusted root";
  const std::optional<x509::Instant> newest = root ? root->NewestLogStart() : std::nullopt;
  if (newest) text += ", whose newest log starts " + PrintRfc3339(*newest);
  return text;
}

std::size_t DistinctLogs(const Facts& facts) {
  std::set<std::string_view> ids;
  for (const LogEvidence& log : facts.logs) ids.insert(log.id);
  return ids.size();
}

}  // namespace

Status CheckEntries(const std::vector<LogEntry>& entries, const SignedContent& content,
                    const Requirements& requirements, Facts& facts) {
  RETURN_IF_ERROR(RefuseDuplicates(entries));
  const TrustedRoot* root = requirements.trusted_root.get();
  const ContentKind kind = content.envelope ? ContentKind::kEnvelope : ContentKind::kMessage;
  std::string unknown;
  for (const LogEntry& entry : entries) {
    ASSIGN_OR_RETURN(const EntryBody body,
                     ReadEntryBody(entry.body, entry.kind, entry.version, kind));
    const TransparencyLog* log = root ? root->FindLog(entry.log_id) : nullptr;
    if (log) {
      RETURN_IF_ERROR(CheckEntry(entry, body, *log, content, facts));
    } else if (unknown.empty()) {
      unknown = UnknownLog(entry, root);
    }
  }
  const std::size_t logs = DistinctLogs(facts);
  if (logs < requirements.tlog_threshold)
    return Wrong(stage::kLog, "transparency logs: " + std::to_string(logs) + " of " +
                                  std::to_string(requirements.tlog_threshold) + unknown);
  return Ok();
}

Status CheckTimestamps(const std::vector<std::string>& tokens, std::string_view signature,
                       const Requirements& requirements, Facts& facts) {
  const TrustedRoot* root = requirements.trusted_root.get();
  std::span<const x509::Authority> authorities;
  if (root) authorities = root->timestamp_authorities;

  std::set<std::size_t> seen;
  for (const std::string& token : tokens) {
    ASSIGN_OR_RETURN(const std::optional<x509::VerifiedTimestamp> timestamp,
                     x509::VerifyTimestamp(token, signature, authorities));
    if (!timestamp) continue;
    seen.insert(timestamp->authority);
    facts.times.push_back({.source = TrustedTime::Source::kTimestampAuthority,
                           .id = root->timestamp_authority_uris[timestamp->authority],
                           .time = timestamp->time});
  }
  std::set<std::string_view> logs;
  for (const TrustedTime& time : facts.times)
    if (time.source == TrustedTime::Source::kLog) logs.insert(time.id);

  if (seen.size() < requirements.tsa_threshold)
    return Wrong(stage::kTime, "timestamp authorities: " + std::to_string(seen.size()) + " of " +
                                   std::to_string(requirements.tsa_threshold));
  if (seen.size() + logs.size() < requirements.timestamp_threshold)
    return Wrong(stage::kTime,
                 "sources of a signed time: " + std::to_string(seen.size() + logs.size()) + " of " +
                     std::to_string(requirements.timestamp_threshold));
  return Ok();
}

}  // namespace powernode::verify::sigstore
