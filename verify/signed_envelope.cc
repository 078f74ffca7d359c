#include "verify/signed_envelope.h"

#include "verify/sigstore/dsse.h"
#include "verify/sigstore/message_reader.h"
#include "verify/sigstore/strict_json.h"

namespace powernode::verify {

Result<std::string> OpenEnvelope(std::string_view text, std::string_view payload_type,
                                 const std::vector<const TrustedKey*>& keys) {
  using sigstore::MessageReader;
  ASSIGN_OR_RETURN(const Json json, sigstore::ParseStrictJson(text));
  const MessageReader envelope(json, "envelope");
  RETURN_IF_ERROR(envelope.AllowOnly({"payloadType", "payload", "signatures"}));
  ASSIGN_OR_RETURN(const std::string type, envelope.RequiredString("payloadType"));
  if (type != payload_type) return envelope.Refuse("payloadType", "is that of something else");
  ASSIGN_OR_RETURN(std::string payload, envelope.RequiredBytes("payload"));
  ASSIGN_OR_RETURN(const std::vector<MessageReader> signatures,
                   envelope.Messages("signatures", 16));
  const std::string encoding = sigstore::PreAuthenticationEncoding(type, payload);
  for (const MessageReader& signature : signatures) {
    ASSIGN_OR_RETURN(const std::string sig, signature.RequiredBytes("sig"));
    for (const TrustedKey* key : keys)
      if (key->key.VerifyMessage(encoding, sig)) return payload;
  }
  return Error(ErrorKind::kRefuted, "signature_invalid",
               "no key of this node's image has signed it");
}

}  // namespace powernode::verify
