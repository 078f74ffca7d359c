#include "tests/platform/dsse.h"

#include "agent/base/encoding.h"
#include "tests/platform/keys.h"

namespace powernode::platform {
namespace {

using nlohmann::json;

bool IsEnvelope(const json& value) {
  return value.is_object() && value.contains("payloadType") && value.contains("payload") &&
         value["payload"].is_string();
}

}  // namespace

std::string PreAuthenticationEncoding(std::string_view type, std::string_view payload) {
  std::string text = "DSSEv1";
  for (const std::string_view part : {type, payload})
    text.append(" ").append(std::to_string(part.size())).append(" ").append(part);
  return text;
}

Result<json> SignEnvelope(EVP_PKEY* key, std::string_view type, std::string_view payload) {
  ASSIGN_OR_RETURN(std::string signature, SignText(key, PreAuthenticationEncoding(type, payload)));
  ASSIGN_OR_RETURN(std::string keyid, PublicKeySha256(key));
  json signatures = json::array();
  signatures.push_back({{"keyid", std::move(keyid)}, {"sig", std::move(signature)}});
  return json{{"payloadType", type},
              {"payload", Base64Encode(payload)},
              {"signatures", std::move(signatures)}};
}

json* FindEnvelope(json& body) {
  for (const char* place : {"", "/data", "/data/trust_policy", "/dsseEnvelope"}) {
    const json::json_pointer pointer(place);
    if (body.contains(pointer) && IsEnvelope(body[pointer])) return &body[pointer];
  }
  return nullptr;
}

}  // namespace powernode::platform
