// DSSE envelopes, version 1 (secure-systems-lab/dsse, protocol.md; node-api.md §12.2): a payload
// with its type under an ECDSA P-256 signature.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "tests/platform/openssl.h"

namespace powernode::platform {

// The bytes under the signature.
std::string PreAuthenticationEncoding(std::string_view type, std::string_view payload);

// {payloadType, payload, signatures: [{keyid, sig}]}. Errors as SignText().
Result<nlohmann::json> SignEnvelope(EVP_PKEY* key, std::string_view type, std::string_view payload);

// The envelope in an answer's body: bare, in `data`, in an enrolment, or in a Sigstore bundle; null
// when there is none.
nlohmann::json* FindEnvelope(nlohmann::json& body);

}  // namespace powernode::platform
