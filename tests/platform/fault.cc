#include "tests/platform/fault.h"

#include <fnmatch.h>

#include <algorithm>

namespace powernode::platform {
namespace {

constexpr FaultKind kKinds[] = {
    {"tls12", FaultStage::kConnection, "", "speaks TLS 1.2 only"},
    {"abort-handshake", FaultStage::kConnection, "", "closes the connection in the handshake"},
    {"slow-handshake", FaultStage::kConnection, "number=milliseconds (15000)",
     "answers the TLS hello late"},
    {"server-certificate", FaultStage::kConnection,
     "text=expired|not-yet-valid|wrong-name|no-name|other-ca", "shows another certificate"},

    {"status", FaultStage::kBefore, "number=HTTP status, retry_after, text=Location",
     "answers with the status, the request has no effect"},
    {"html", FaultStage::kBefore, "", "answers an HTML page with status 200"},
    {"redirect", FaultStage::kBefore,
     "text=same-host|other-host|http|URL (same-host), number=HTTP status (302)",
     "leads elsewhere, the request has no effect"},
    {"delay", FaultStage::kBefore, "number=milliseconds", "answers late"},
    {"ignore-range", FaultStage::kBefore, "", "treats a Range request as a plain one"},

    {"patch", FaultStage::kAnswer, "text=JSON merge patch (RFC 7386)", "changes the answer's JSON"},
    {"empty-list", FaultStage::kAnswer, "", "empties the list, the count follows"},
    {"short-list", FaultStage::kAnswer, "number=elements to drop (1)",
     "drops the last elements, the count follows"},
    {"wrong-count", FaultStage::kAnswer, "", "count is one more than the list has"},
    {"duplicate-ids", FaultStage::kAnswer, "", "the first element comes twice"},
    {"stale-revision", FaultStage::kAnswer, "number=how much lower (1)",
     "assignment_revision goes back"},
    {"deep-json", FaultStage::kAnswer, "number=levels (1000)", "adds a deeply nested member"},
    {"huge-body", FaultStage::kAnswer, "number=bytes (8388608)", "adds a member of that size"},
    {"endless-body", FaultStage::kAnswer, "", "a chunked body that never ends"},
    {"compressed-body", FaultStage::kAnswer, "number=bytes when decompressed (134217728)",
     "a gzip body that nobody asked for, of zeros"},
    {"many-headers", FaultStage::kAnswer, "number=headers (10000)", "adds header fields"},
    {"flawed-leaf", FaultStage::kAnswer,
     "text=wrong-key|wrong-name|expired|not-yet-valid|no-client-auth|foreign-issuer",
     "puts another certificate in the answer"},
    {"foreign-chain", FaultStage::kAnswer, "", "ca_chain_pem is of another authority"},
    {"empty-chain", FaultStage::kAnswer, "", "ca_chain_pem is empty"},
    {"foreign-roots", FaultStage::kAnswer, "", "platform_ca_pem is of another authority"},
    {"foreign-url", FaultStage::kAnswer, "text=URL (https://elsewhere.invalid)",
     "platform_url and ca_pem_url lead to another host"},
    {"tampered-payload", FaultStage::kAnswer, "number=offset in the payload (its last digit)",
     "changes a bit of one byte under a DSSE signature"},
    {"forged-payload", FaultStage::kAnswer, "text=JSON merge patch (RFC 7386)",
     "changes the JSON under a DSSE signature, the signature stays"},
    {"wrong-content-range", FaultStage::kAnswer, "",
     "Content-Range starts one byte later than the body"},
    {"weak-etag", FaultStage::kAnswer, "", "the ETag becomes weak"},
    {"no-etag", FaultStage::kAnswer, "", "the ETag is missing"},

    {"corrupt-object", FaultStage::kObjects, "number=offset in it (its last byte), text=digest",
     "inverts one byte of an object"},
    {"omit-object", FaultStage::kObjects, "text=digest",
     "an object is left out of many; 404 when it is asked for by itself"},
    {"repeat-object", FaultStage::kObjects, "text=digest",
     "an object comes again after the others"},
    {"wrong-object-length", FaultStage::kObjects, "number=bytes added (1), text=digest",
     "announces another length for an object among many"},
    {"no-end-record", FaultStage::kObjects, "", "an answer with many ends without its end record"},

    {"flip", FaultStage::kWire, "number=offset in the body", "inverts one byte"},
    {"stall", FaultStage::kWire, "number=body bytes to send first",
     "goes silent, the connection stays open"},
    {"close", FaultStage::kWire, "number=body bytes to send first", "closes the connection"},
    {"wrong-length", FaultStage::kWire, "number=bytes added to Content-Length (1)",
     "announces another length"},
    {"lost-answer", FaultStage::kWire, "", "the request takes effect, the answer never leaves"},
    {"throttle", FaultStage::kWire, "number=bytes a second", "sends slowly"},
};

bool Strikes(Fault& fault, double dice) {
  if (fault.skip > 0) {
    --fault.skip;
    return false;
  }
  if (fault.count == 0 || dice >= fault.probability) return false;
  if (fault.count > 0) --fault.count;
  ++fault.hits;
  return true;
}

// Object faults concern requests for objects; one with a digest, those that name it.
bool MeetsObject(const Fault& fault, const FaultSubject& subject) {
  const FaultKind* const kind = FindFaultKind(fault.kind);
  if (kind == nullptr || kind->stage != FaultStage::kObjects) return true;
  if (!subject.path.starts_with("objects/")) return false;
  return subject.path.find(fault.text) != std::string::npos ||
         subject.body.find(fault.text) != std::string_view::npos;
}

bool Concerns(const Fault& fault, const FaultSubject& subject) {
  if (!fault.method.empty() && fault.method != subject.method) return false;
  if (!fault.node.empty() && fault.node != subject.node_id) return false;
  if (!MeetsObject(fault, subject)) return false;
  return ::fnmatch(fault.route.c_str(), subject.path.c_str(), 0) == 0;
}

bool ActsOnConnection(const Fault& fault) {
  const FaultKind* kind = FindFaultKind(fault.kind);
  return kind != nullptr && kind->stage == FaultStage::kConnection;
}

}  // namespace

std::span<const FaultKind> FaultKinds() { return kKinds; }

const FaultKind* FindFaultKind(std::string_view name) {
  const auto* found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                   [name](const FaultKind& kind) { return kind.name == name; });
  return found == std::end(kKinds) ? nullptr : found;
}

std::vector<Fault> TakeFaults(std::vector<Fault>& table, const FaultSubject& subject, double dice) {
  std::vector<Fault> taken;
  for (Fault& fault : table) {
    if (!ActsOnConnection(fault) && Concerns(fault, subject) && Strikes(fault, dice))
      taken.push_back(fault);
  }
  return taken;
}

std::vector<Fault> TakeConnectionFaults(std::vector<Fault>& table, double dice) {
  std::vector<Fault> taken;
  for (Fault& fault : table) {
    if (ActsOnConnection(fault) && Strikes(fault, dice)) taken.push_back(fault);
  }
  return taken;
}

}  // namespace powernode::platform
