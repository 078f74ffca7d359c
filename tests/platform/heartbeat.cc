// POST status/heartbeat (node-api.md §8.1). Keeps the body, moves the node to running, and answers
// what the node should do next. Every member the contract names is checked against its type; what
// differs is a complaint, never a refusal, since a beat that is lost over a typo makes a healthy
// node look dead.
#include <algorithm>
#include <array>

#include "agent/base/encoding.h"
#include "tests/platform/routes.h"

namespace powernode::platform {
namespace {

enum class Shape {
  kText,
  kInteger,
  kNumber,
  kBoolean,
  kObject,
  kArray,
  kTime,
  kGitSha,
  kMountState,
  kNodeMode
};

struct Member {
  const char* name;
  Shape shape;
  bool required = false;
  std::size_t limit = 0;  // elements of an array; 0 = none stated
};

constexpr Member kHeartbeat[] = {
    {"boot_id", Shape::kText, true},
    {"agent_version", Shape::kText, true},
    {"architecture", Shape::kText},
    {"uptime_seconds", Shape::kInteger, true},
    {"module_digests", Shape::kObject, true},
    {"mount_state", Shape::kMountState, true},
    {"load_average", Shape::kNumber},
    {"memory_free_kb", Shape::kInteger},
    {"sdwan_state", Shape::kArray},
    {"booted_image_git_sha", Shape::kGitSha},
    {"booted_from_lkg", Shape::kBoolean},
    {"lkg_present", Shape::kBoolean},
    {"boot_incomplete", Shape::kBoolean},
    {"lkg_age_seconds", Shape::kInteger},
    {"lkg_module_count", Shape::kInteger},
    {"lkg_confirmed_at", Shape::kTime},
    {"node_capabilities", Shape::kObject},
    {"module_verify_state", Shape::kArray},
    {"node_mode", Shape::kNodeMode},
    {"composition", Shape::kObject},
    {"persist", Shape::kObject},
    {"auth", Shape::kObject},
    {"boot_slot", Shape::kObject},
    {"services", Shape::kArray, false, 200},
    {"module_evidence", Shape::kArray},
    {"findings", Shape::kArray, false, 100},
};

constexpr Member kComposition[] = {
    {"running", Shape::kText}, {"staged", Shape::kText},      {"lkg", Shape::kText},
    {"source", Shape::kText},  {"attempts", Shape::kInteger}, {"pending_reboot", Shape::kBoolean},
};
constexpr Member kPersist[] = {{"state", Shape::kText, true}, {"free_mib", Shape::kInteger}};
constexpr Member kAuth[] = {
    {"mode", Shape::kText, true}, {"cert_not_after", Shape::kTime}, {"tls_version", Shape::kText}};
constexpr Member kService[] = {
    {"module_id", Shape::kText, true}, {"service", Shape::kText, true},
    {"state", Shape::kText, true},     {"health", Shape::kText},
    {"restarts", Shape::kInteger},
};
constexpr Member kEvidence[] = {
    {"module_id", Shape::kText, true},   {"digest", Shape::kText, true},
    {"fsverity_measured", Shape::kText}, {"verity", Shape::kBoolean},
    {"enforcement", Shape::kText},       {"layer", Shape::kInteger},
    {"mount_id", Shape::kInteger},       {"keyid", Shape::kText},
    {"identity", Shape::kText},          {"issuer", Shape::kText},
    {"verification", Shape::kObject},    {"units", Shape::kArray},
};
constexpr Member kFinding[] = {
    {"code", Shape::kText, true}, {"severity", Shape::kText, true}, {"subject", Shape::kText},
    {"detail", Shape::kText},     {"since", Shape::kTime},
};
constexpr Member kVerifyState[] = {
    {"module_id", Shape::kText, true},
    {"digest", Shape::kText},
    {"code", Shape::kText, true},
    {"detail", Shape::kText},
};

bool IsOneOf(const json& value, std::initializer_list<std::string_view> words) {
  return value.is_string() &&
         std::find(words.begin(), words.end(), value.get_ref<const std::string&>()) != words.end();
}

bool HasShape(const json& value, Shape shape) {
  switch (shape) {
    case Shape::kText:
      return value.is_string();
    case Shape::kInteger:
      return value.is_number_integer();
    case Shape::kNumber:
      return value.is_number();
    case Shape::kBoolean:
      return value.is_boolean();
    case Shape::kObject:
      return value.is_object();
    case Shape::kArray:
      return value.is_array();
    case Shape::kTime:
      return value.is_string() && value.get_ref<const std::string&>().find('T') == 10;
    case Shape::kGitSha:
      return value.is_string() && IsLowerHex(value.get_ref<const std::string&>(), 40);
    case Shape::kMountState:
      return IsOneOf(value, {"mounted", "unmounted", "transitioning"});
    case Shape::kNodeMode:
      return IsOneOf(value, {"pivot", "host", "union", "rescue", "initramfs"});
  }
  return false;
}

template <std::size_t N>
void CheckMembers(Call& call, const json& object, const Member (&members)[N],
                  const std::string& where) {
  if (!object.is_object()) return call.Complain(where + " is not an object");
  for (const Member& member : members) {
    const auto found = object.find(member.name);
    if (found == object.end()) {
      if (member.required) call.Complain(where + member.name + " is missing");
      continue;
    }
    if (found->is_null()) {
      call.Complain(where + member.name + " is null; what is not measured is left out");
    } else if (!HasShape(*found, member.shape)) {
      call.Complain(where + member.name + " has the wrong type or value");
    } else if (member.limit != 0 && found->size() > member.limit) {
      call.Complain(where + member.name + " has more than " + std::to_string(member.limit) +
                    " elements");
    }
  }
}

template <std::size_t N>
void CheckElements(Call& call, const json& body, const char* list, const Member (&members)[N]) {
  const auto found = body.find(list);
  if (found == body.end() || !found->is_array()) return;
  for (const json& element : *found)
    CheckMembers(call, element, members, std::string(list) + "[].");
}

template <std::size_t N>
void CheckObject(Call& call, const json& body, const char* name, const Member (&members)[N]) {
  const auto found = body.find(name);
  if (found != body.end() && found->is_object())
    CheckMembers(call, *found, members, std::string(name) + ".");
}

void CheckWords(Call& call, const json& body) {
  if (const auto found = body.find("architecture");
      found != body.end() && !IsOneOf(*found, {"amd64", "arm64"}))
    call.Complain("architecture is neither amd64 nor arm64");
  if (const auto found = body.find("persist");
      found != body.end() && found->is_object() && found->contains("state") &&
      !IsOneOf((*found)["state"], {"durable", "volatile", "readonly", "failed"}))
    call.Complain("persist.state has an unknown word");
  if (const auto found = body.find("composition");
      found != body.end() && found->is_object() && found->contains("source") &&
      !IsOneOf((*found)["source"], {"live", "staged", "lkg"}))
    call.Complain("composition.source has an unknown word");
}

void CheckDigests(Call& call, const json& body) {
  const auto digests = body.find("module_digests");
  if (digests == body.end() || !digests->is_object()) return;
  for (const auto& [id, digest] : digests->items()) {
    if (!IsId(id)) call.Complain("module_digests has the malformed id '" + id.substr(0, 80) + "'");
    const bool well_formed = digest.is_string() &&
                             digest.get_ref<const std::string&>().starts_with("sha256:") &&
                             IsLowerHex(digest.get_ref<const std::string&>().substr(7), 64);
    if (!well_formed)
      call.Complain("module_digests: a value is not sha256:<64 lower-case hex digits>");
  }
}

void CheckHeartbeat(Call& call, const json& body) {
  CheckMembers(call, body, kHeartbeat, "");
  CheckObject(call, body, "composition", kComposition);
  CheckObject(call, body, "persist", kPersist);
  CheckObject(call, body, "auth", kAuth);
  CheckElements(call, body, "services", kService);
  CheckElements(call, body, "module_evidence", kEvidence);
  CheckElements(call, body, "findings", kFinding);
  CheckElements(call, body, "module_verify_state", kVerifyState);
  CheckWords(call, body);
  CheckDigests(call, body);
}

}  // namespace

Answer Heartbeat(Call& call) {
  CheckHeartbeat(call, call.body);
  Node& node = *call.node;
  node.last_heartbeat = call.body;
  node.last_heartbeat_at = call.now;
  ++node.heartbeats;
  for (const char* status : {"pending", "provisioning", "starting", "rebooting"}) {
    if (node.status == status) node.status = "running";
  }
  call.changed = true;
  const auto pending = std::count_if(
      call.state.tasks.begin(), call.state.tasks.end(),
      [&](const Task& task) { return task.node_id == node.id && task.status == "pending"; });
  json data = {{"acknowledged", true},
               {"server_time", FormatTime(call.now)},
               {"next_poll_seconds", call.state.settings.next_poll_seconds}};
  if (!call.Offers("heartbeat-ext")) return Success(std::move(data));
  data["tasks_pending"] = pending;
  data["assignment_revision"] = node.assignment_revision;
  data["features"] = call.features;
  for (const CertificateRow& row : node.certificates)
    if (row.renewal_wanted && row.serial == call.request.peer.serial)
      data["renew_certificate"] = true;
  if (const TrustPolicy& policy = call.state.trust_policy; !policy.envelope.is_null())
    data["trust_policy_revision"] = policy.revision;
  return Success(std::move(data));
}

}  // namespace powernode::platform
