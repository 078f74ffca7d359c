#include "tests/platform/status_view.h"

#include "tests/platform/module_view.h"
#include "tests/platform/task_view.h"

namespace powernode::platform {
namespace {

json CertificateEntry(const CertificateRow& row, Seconds now) {
  return {{"id", row.id},
          {"serial", row.serial},
          {"fingerprint", row.fingerprint},
          {"key_sha256", row.key_sha256},
          {"issued_at", FormatTime(row.issued_at)},
          {"not_after", FormatTime(row.not_after)},
          {"expires_in_seconds", row.not_after - now},
          {"revoked", row.revoked},
          {"replaced", row.replaced_at != 0}};
}

json RunningModules(const Node& node) {
  if (!node.last_heartbeat.is_object()) return json::object();
  const auto digests = node.last_heartbeat.find("module_digests");
  return digests != node.last_heartbeat.end() && digests->is_object() ? *digests : json::object();
}

json NodeEntry(State& state, const Node& node, Seconds now) {
  json assigned = json::object();
  for (const Module* module : ModulesOf(state, node))
    assigned[module->id] = "sha256:" + module->versions.back().digest;
  const json running = RunningModules(node);
  json certificates = json::array();
  for (const CertificateRow& row : node.certificates)
    certificates.push_back(CertificateEntry(row, now));
  std::size_t open_tokens = 0;
  for (const Token& token : node.tokens)
    open_tokens += token.used_at == 0 && token.expires_at > now ? 1 : 0;
  return {{"id", node.id},
          {"name", node.name},
          {"status", node.status},
          {"heartbeats", node.heartbeats},
          {"heartbeat_age_seconds",
           node.heartbeats == 0 ? json(nullptr) : json(now - node.last_heartbeat_at)},
          {"last_heartbeat", node.last_heartbeat},
          {"objects_served", node.objects_served},
          {"object_bytes_served", node.object_bytes_served},
          {"blob_bytes_served", node.blob_bytes_served},
          {"address", node.address},
          {"tls", node.tls_version},
          {"assigned", assigned},
          {"running", running},
          {"up_to_date", assigned == running},
          {"assignment_revision", node.assignment_revision},
          {"certificates", certificates},
          {"unused_tokens", open_tokens}};
}

json TaskEntry(State& state, const Task& task) {
  json entry = TaskView(task);
  const Node* const node = state.FindNode(task.node_id);
  entry["node"] = node != nullptr ? node->name : task.node_id;
  entry["attempt_id"] = task.attempt_id;
  entry["result"] = task.result;
  entry["error"] = task.error;
  entry["error_code"] = task.error_code;
  return entry;
}

json TrustPolicyEntry(const TrustPolicy& policy) {
  if (policy.envelope.is_null()) return nullptr;
  return {{"revision", policy.revision}, {"keyid", policy.envelope["signatures"][0]["keyid"]}};
}

}  // namespace

json StatusView(State& state) {
  const Seconds now = state.Now();
  json view = {{"trust_policy", TrustPolicyEntry(state.trust_policy)},
               {"now", FormatTime(now)},
               {"url", state.settings.platform_url},
               {"nodes", json::array()},
               {"modules", json::array()},
               {"tasks", json::array()},
               {"claims", json::array()},
               {"events", json::array()},
               {"complaints", json::array()},
               {"faults", state.faults}};
  for (const Node& node : state.nodes) view["nodes"].push_back(NodeEntry(state, node, now));
  for (const Module& module : state.modules) {
    if (module.versions.empty()) continue;
    json entry = ModuleListEntry(module);
    const ModuleVersion& version = module.versions.back();
    entry["signed"] = SignatureForm(version) != "none";
    entry["signature_form"] = SignatureForm(version);
    entry["revision"] = RevisionOf(version);
    entry["enabled"] = module.enabled;
    view["modules"].push_back(std::move(entry));
  }
  for (const Task& task : state.tasks) view["tasks"].push_back(TaskEntry(state, task));
  for (const Claim& claim : state.claims)
    view["claims"].push_back(
        {{"mac", claim.mac}, {"code", claim.code}, {"node_id", claim.node_id}});
  for (const Event& event : state.events)
    view["events"].push_back({{"node_id", event.node_id},
                              {"at", FormatTime(event.at)},
                              {"kind", event.kind},
                              {"severity", event.severity},
                              {"payload", event.payload}});
  for (const Complaint& complaint : state.complaints)
    view["complaints"].push_back({{"node", complaint.node},
                                  {"what", complaint.what},
                                  {"count", complaint.count},
                                  {"last_at", FormatTime(complaint.last_at)}});
  return view;
}

}  // namespace powernode::platform
