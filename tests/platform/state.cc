#include "tests/platform/state.h"

#include <algorithm>

namespace powernode::platform {
namespace {

constexpr std::size_t kMaxComplaints = 200;

template <typename T>
T* Find(std::vector<T>& rows, const std::string& id_or_name) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const T& row) {
    return row.id == id_or_name || row.name == id_or_name;
  });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Token, sha256, created_at, expires_at,
                                                device_key_sha256, used_at, key_sha256,
                                                certificate_id, replaces)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(CertificateRow, id, serial, fingerprint, key_sha256,
                                                pem, request_id, issued_at, not_before, not_after,
                                                revoked, replaced_at, replaced_by, renewal_wanted)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Node, id, name, status, created_at, tokens,
                                                certificates, modules, removed, assignment_revision,
                                                last_heartbeat, last_heartbeat_at, heartbeats,
                                                metrics, objects_served, object_bytes_served,
                                                blob_bytes_served, address, tls_version,
                                                authorized_keys, config)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ModuleVersion, number, digest, size_bytes,
                                                signature, bundle, revision, image_format, fsverity,
                                                view)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Module, id, name, priority, enabled, dependencies,
                                                versions)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Task, id, node_id, command, options, status,
                                                progress, created_at, started_at, finished_at,
                                                attempt_id, lease_token, lease_seconds,
                                                lease_expires_at, last_seq, cancel_requested,
                                                result, error, error_code, events)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Claim, mac, code, codes, device_key_sha256,
                                                architecture, address, last_seen_at, node_id,
                                                confirmations)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Event, node_id, at, kind, severity, payload)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Complaint, node, what, count, first_at, last_at)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(KeptAnswer, node_id, key, body_sha256, status, body,
                                                at)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(TrustPolicy, envelope, revision)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Settings, next_poll_seconds, leaf_lifetime_seconds,
                                                refresh_grace_seconds, bearer_lifetime_seconds,
                                                claims_per_minute, claim_proof_grace_seconds,
                                                clock_offset, platform_url)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(State, settings, claim_secret, nodes, modules,
                                                tasks, claims, claim_polls, events, complaints,
                                                kept_answers, faults, signing_keys, trust_policy,
                                                next_number, authority_changes)

json StateToJson(const State& state) { return state; }
State StateFromJson(const json& document) { return document.get<State>(); }

Node* State::FindNode(const std::string& id_or_name) { return Find(nodes, id_or_name); }
Module* State::FindModule(const std::string& id_or_name) { return Find(modules, id_or_name); }

Task* State::FindTask(const std::string& id) {
  const auto found =
      std::find_if(tasks.begin(), tasks.end(), [&](const Task& task) { return task.id == id; });
  return found == tasks.end() ? nullptr : &*found;
}

void State::Complain(const std::string& node, const std::string& what) {
  const Seconds now = Now();
  for (Complaint& complaint : complaints) {
    if (complaint.node != node || complaint.what != what) continue;
    ++complaint.count;
    complaint.last_at = now;
    return;
  }
  if (complaints.size() >= kMaxComplaints) complaints.erase(complaints.begin());
  complaints.push_back({.node = node, .what = what, .count = 1, .first_at = now, .last_at = now});
}

}  // namespace powernode::platform
