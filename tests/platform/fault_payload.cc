#include "tests/platform/fault_payload.h"

#include "agent/base/encoding.h"
#include "tests/platform/dsse.h"

namespace powernode::platform {
namespace {

using nlohmann::json;

std::string Tampered(std::string payload, std::int64_t offset) {
  const std::size_t at =
      offset > 0 ? static_cast<std::size_t>(offset) : payload.find_last_of("0123456789");
  if (at < payload.size()) payload[at] = static_cast<char>(payload[at] ^ 1);
  return payload;
}

std::string Forged(const std::string& payload, const std::string& patch) {
  json document = json::parse(payload, nullptr, false);
  document.merge_patch(json::parse(patch, nullptr, false));
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

void ChangePayload(const Fault& fault, json& body) {
  json* const envelope = FindEnvelope(body);
  if (envelope == nullptr) return;
  json& member = (*envelope)["payload"];
  const auto payload = Base64Decode(member.get<std::string>());
  if (!payload) return;
  member = Base64Encode(fault.kind == "forged-payload" ? Forged(*payload, fault.text)
                                                       : Tampered(*payload, fault.number));
}

}  // namespace powernode::platform
