// Everything the control plane remembers, as plain values. One State is one JSON document
// (state.json); a member that an older document lacks takes its default. Secrets are not in it:
// tokens are kept as SHA-256, keys stay with the nodes, and the authority's key has its own file.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/platform/clock.h"
#include "tests/platform/fault.h"

namespace powernode::platform {

using json = nlohmann::json;

// A bootstrap token (node-api.md §7.1). Spent when `used_at` is set; the same key may replay it for
// a day.
struct Token {
  std::string sha256{};
  Seconds created_at = 0;
  Seconds expires_at = 0;
  std::string device_key_sha256{};  // bound to this key by a claim; empty = any
  Seconds used_at = 0;
  std::string key_sha256{};  // of the request it was spent on
  std::string certificate_id{};
  std::string replaces{};  // the certificate whose key asked for it (claim_proof.h)
};

struct CertificateRow {
  std::string id{};
  std::string serial{};
  std::string fingerprint{};
  std::string key_sha256{};
  std::string pem{};
  std::string request_id{};  // of the request that made it; the same one gets it again
  Seconds issued_at = 0;
  Seconds not_before = 0;
  Seconds not_after = 0;
  bool revoked = false;
  Seconds replaced_at =
      0;  // a refresh issued `replaced_by`; this row dies with its first use, or a day later
  std::string replaced_by{};
  bool renewal_wanted = false;
};

struct Node {
  std::string id{};
  std::string name{};
  std::string status = "pending";
  Seconds created_at = 0;
  std::vector<Token> tokens{};
  std::vector<CertificateRow> certificates{};
  std::vector<std::string> modules{};  // assigned
  std::vector<std::string> removed{};  // assigned before
  std::int64_t assignment_revision = 1;
  json last_heartbeat{};
  Seconds last_heartbeat_at = 0;
  std::int64_t heartbeats = 0;
  json metrics = json::object();
  std::int64_t objects_served = 0;  // answers' bytes as they were planned, broken off or not
  std::uint64_t object_bytes_served = 0;
  std::uint64_t blob_bytes_served = 0;
  std::string address{};      // where the last authenticated request came from
  std::string tls_version{};  // and how
  std::vector<std::string> authorized_keys{};
  json config = json::object();
};

struct ModuleVersion {
  std::int64_t number = 0;
  std::string digest{};  // 64 hexadecimal digits, also the blob's name
  std::uint64_t size_bytes = 0;
  std::string signature{};    // of the blob alone: base64 of a DER signature; empty = none
  json bundle{};              // a Sigstore bundle with a signed statement; null = none
  std::int64_t revision = 0;  // what the statement says; 0 = nothing
  std::string image_format{};
  std::string fsverity{};      // of the image, 64 hexadecimal digits
  json view = json::object();  // services, config and whatever else the version brings to §10.2
};

struct Module {
  std::string id{};
  std::string name{};
  std::int64_t priority = 0;
  bool enabled = true;
  std::vector<std::string> dependencies{};
  std::vector<ModuleVersion> versions{};  // the last one is current
};

struct Task {
  std::string id{};
  std::string node_id{};
  std::string command{};
  json options = json::object();
  std::string status = "pending";
  std::int64_t progress = 0;
  Seconds created_at = 0;
  Seconds started_at = 0;
  Seconds finished_at = 0;
  std::string attempt_id{};
  std::string lease_token{};
  Seconds lease_seconds = 0;
  Seconds lease_expires_at = 0;
  std::int64_t last_seq = -1;
  bool cancel_requested = false;
  json result{};
  std::string error{};
  std::string error_code{};
  json events = json::array();
};

// A device that asked who it is (node-api.md §6).
struct Claim {
  std::string mac{};
  std::string code{};                          // the last that was shown
  std::map<std::string, std::string> codes{};  // by the key that was announced, "" for none
  std::string device_key_sha256{};             // the confirmed device's
  std::string architecture{};
  std::string address{};
  Seconds last_seen_at = 0;
  std::string node_id{};           // set by confirmation
  std::int64_t confirmations = 0;  // one token each, derived from State::claim_secret
};

struct Event {
  std::string node_id{};
  Seconds at = 0;
  std::string kind{};
  std::string severity{};
  json payload = json::object();
};

// What a client did that the contract forbids, or had refused; equal ones are counted.
struct Complaint {
  std::string node{};  // name, or the address of somebody unknown
  std::string what{};
  std::int64_t count = 0;
  Seconds first_at = 0;
  Seconds last_at = 0;
};

// An answer kept for a repeated Idempotency-Key.
struct KeptAnswer {
  std::string node_id{};
  std::string key{};
  std::string body_sha256{};
  int status = 200;
  json body{};
  Seconds at = 0;
};

// The owner's trust policy (node-api.md §12.4) as it is served; no envelope = none.
struct TrustPolicy {
  json envelope{};  // DSSE
  std::int64_t revision = 0;
};

struct Settings {
  std::int64_t next_poll_seconds = 30;
  Seconds leaf_lifetime_seconds = 90 * 24 * 3600;
  Seconds refresh_grace_seconds = 0;  // how long after its end a certificate still refreshes
  Seconds bearer_lifetime_seconds = 24 * 3600;
  std::int64_t claims_per_minute = 10;  // from one address
  Seconds claim_proof_grace_seconds =
      90 * 24 * 3600;  // how long after its end a certificate proves who a device is
  Seconds clock_offset = 0;
  std::string platform_url{};  // of the last serve
};

struct State {
  Settings settings;
  std::string claim_secret{};
  std::vector<Node> nodes{};
  std::vector<Module> modules{};
  std::vector<Task> tasks{};
  std::vector<Claim> claims{};
  std::map<std::string, std::vector<Seconds>> claim_polls{};  // address -> the last minute's
  std::vector<Event> events{};
  std::vector<Complaint> complaints{};
  std::vector<KeptAnswer> kept_answers{};
  std::vector<Fault> faults{};
  std::map<std::string, std::string> signing_keys{};  // keyid -> public PEM
  TrustPolicy trust_policy{};
  std::int64_t next_number = 1;        // of tasks and faults
  std::int64_t authority_changes = 0;  // steps of rolls so far

  Seconds Now() const { return MachineTime() + settings.clock_offset; }

  // By id or name; null when there is none. Pointers hold until the vector changes.
  Node* FindNode(const std::string& id_or_name);
  Module* FindModule(const std::string& id_or_name);
  Task* FindTask(const std::string& id);

  void Complain(const std::string& node, const std::string& what);
};

json StateToJson(const State& state);
State StateFromJson(const json& document);  // throws json::exception

}  // namespace powernode::platform
