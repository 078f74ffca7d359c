// The owner's trust policy (node-api.md §12.4): set and cleared by verbs, served as the envelope
// that was signed where the key is. A policy of a lower revision than the one before is taken too:
// refusing it is the node's part.
#include "agent/base/encoding.h"
#include "tests/platform/routes.h"
#include "tests/platform/verbs.h"

namespace powernode::platform {

Result<json> SetTrustPolicy(VerbContext& context, const json& arguments) {
  const json& envelope = arguments.at("envelope");
  const auto payload = Base64Decode(envelope.at("payload").get<std::string>());
  const json policy = json::parse(payload.value_or(std::string()), nullptr, false);
  if (!policy.is_object() || !policy.contains("revision") ||
      !policy["revision"].is_number_integer())
    return Error(ErrorKind::kInvalid, "bad_policy",
                 "a trust policy is a JSON object with a whole number `revision`");
  context.state.trust_policy = {.envelope = envelope,
                                .revision = policy["revision"].get<std::int64_t>()};
  return json{{"revision", policy["revision"]},
              {"keyid", envelope.at("signatures").at(0).at("keyid")}};
}

Result<json> ClearTrustPolicy(VerbContext& context, const json&) {
  const bool was_set = !context.state.trust_policy.envelope.is_null();
  context.state.trust_policy = {};
  return json{{"cleared", was_set}};
}

Answer ShowTrustPolicy(Call& call) {
  call.blameless = true;
  const json& envelope = call.state.trust_policy.envelope;
  return envelope.is_null() ? Failure(404, "There is no trust policy", "NOT_FOUND")
                            : Success(envelope);
}

}  // namespace powernode::platform
