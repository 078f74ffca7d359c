// Verbs about faults. A fault that could never act is refused here, so that a test does not wait
// for it.
#include "agent/base/encoding.h"
#include "tests/platform/authority.h"
#include "tests/platform/verbs.h"

namespace powernode::platform {
namespace {

Status CheckParameters(const Fault& fault) {
  if (fault.kind == "status" && (fault.number < 200 || fault.number > 599))
    return Error(ErrorKind::kInvalid, "bad_argument", "a status fault needs --number 200..599");
  if ((fault.kind == "patch" || fault.kind == "forged-payload") &&
      json::parse(fault.text, nullptr, false).is_discarded())
    return Error(ErrorKind::kInvalid, "bad_argument",
                 "a " + fault.kind + " fault needs --text with a JSON merge patch");
  if (fault.kind == "flawed-leaf") {
    if (const Result<LeafFlaw> flaw = LeafFlawFromName(fault.text); !flaw) return flaw.error();
  }
  if (fault.kind == "server-certificate") {
    if (const Result<ServerFlaw> flaw = ServerFlawFromName(fault.text); !flaw) return flaw.error();
  }
  if (fault.kind == "redirect" && fault.number != 0 && (fault.number < 300 || fault.number > 399))
    return Error(ErrorKind::kInvalid, "bad_argument", "a redirect fault needs --number 300..399");
  if (FindFaultKind(fault.kind)->stage == FaultStage::kObjects && !fault.text.empty() &&
      !IsLowerHex(fault.text, 64))
    return Error(ErrorKind::kInvalid, "bad_argument",
                 "a " + fault.kind + " fault needs --text with an object's 64 digits, or none");
  if (fault.kind == "throttle" && fault.number <= 0)
    return Error(ErrorKind::kInvalid, "bad_argument",
                 "a throttle fault needs --number bytes a second");
  return Ok();
}

}  // namespace

Result<json> AddFault(VerbContext& context, const json& arguments) {
  Fault fault = arguments.get<Fault>();
  if (FindFaultKind(fault.kind) == nullptr)
    return Error(ErrorKind::kInvalid, "unknown_fault",
                 "there is no fault kind '" + fault.kind + "'");
  RETURN_IF_ERROR(CheckParameters(fault));
  if (!fault.node.empty()) {
    ASSIGN_OR_RETURN(const Node* const node, NeedNode(context, arguments));
    fault.node = node->id;
  }
  fault.id = context.state.next_number++;
  context.state.faults.push_back(fault);
  return json(fault);
}

Result<json> ListFaults(VerbContext& context, const json&) { return json(context.state.faults); }

Result<json> ClearFaults(VerbContext& context, const json& arguments) {
  const std::int64_t id = arguments.value("id", std::int64_t{0});
  const std::size_t cleared = std::erase_if(
      context.state.faults, [id](const Fault& fault) { return id == 0 || fault.id == id; });
  return json{{"cleared", cleared}};
}

}  // namespace powernode::platform
