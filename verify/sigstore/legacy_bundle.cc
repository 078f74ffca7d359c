#include "verify/sigstore/legacy_bundle.h"

#include <utility>

#include "agent/base/encoding.h"
#include "verify/sigstore/detached_signature.h"
#include "verify/sigstore/message_reader.h"
#include "verify/sigstore/refusal.h"
#include "verify/sigstore/strict_json.h"

namespace powernode::verify::sigstore {
namespace {

constexpr std::size_t kLogIdDigits = 64;

Result<RekorBundle> ReadRekorBundle(const MessageReader& message) {
  RETURN_IF_ERROR(message.AllowOnly({"SignedEntryTimestamp", "Payload"}));
  RekorBundle bundle;
  ASSIGN_OR_RETURN(bundle.promise, message.RequiredBytes("SignedEntryTimestamp"));
  ASSIGN_OR_RETURN(const MessageReader payload, message.RequiredMessage("Payload"));
  ASSIGN_OR_RETURN(bundle.body, payload.RequiredBytes("body"));
  ASSIGN_OR_RETURN(bundle.integrated_time, payload.Int64("integratedTime"));
  ASSIGN_OR_RETURN(bundle.log_index, payload.Int64("logIndex"));
  ASSIGN_OR_RETURN(const std::string log_id, payload.String("logID"));
  if (!IsLowerHex(log_id, kLogIdDigits)) return payload.Refuse("logID", "not 64 hex digits");
  bundle.log_id = *HexDecode(log_id);
  return bundle;
}

Result<std::optional<PemBlock>> ReadCert(const MessageReader& message) {
  ASSIGN_OR_RETURN(const std::string text, message.Bytes("cert"));
  if (text.empty()) return std::optional<PemBlock>();
  std::optional<PemBlock> block = ReadPem(text);
  if (!block || (block->label != kCertificateLabel && block->label != kPublicKeyLabel))
    return message.Refuse("cert", "not one PEM block of a certificate or public key");
  return block;
}

Result<LegacyBundle> ReadLegacyBundle(const MessageReader& message) {
  RETURN_IF_ERROR(message.AllowOnly({"base64Signature", "cert", "rekorBundle"}));
  LegacyBundle bundle;
  ASSIGN_OR_RETURN(const std::string signature, message.RequiredString("base64Signature"));
  ASSIGN_OR_RETURN(bundle.signature, ParseDetachedSignature(signature));
  ASSIGN_OR_RETURN(bundle.cert, ReadCert(message));
  ASSIGN_OR_RETURN(const std::optional<MessageReader> rekor, message.Message("rekorBundle"));
  if (rekor) {
    ASSIGN_OR_RETURN(bundle.rekor_bundle, ReadRekorBundle(*rekor));
  }
  return bundle;
}

}  // namespace

Result<LegacyBundle> ParseLegacyBundle(std::string_view text) {
  ASSIGN_OR_RETURN_CONTEXT(const Json json, ParseStrictJson(text), "legacy bundle");
  Result<LegacyBundle> bundle = ReadLegacyBundle(MessageReader(json, ""));
  if (!bundle) return std::move(bundle).error().WithContext("legacy bundle");
  return bundle;
}

Result<RekorBundle> ParseRekorBundle(std::string_view text) {
  ASSIGN_OR_RETURN_CONTEXT(const Json json, ParseStrictJson(text), "Rekor bundle");
  Result<RekorBundle> bundle = ReadRekorBundle(MessageReader(json, ""));
  if (!bundle) return std::move(bundle).error().WithContext("Rekor bundle");
  return bundle;
}

}  // namespace powernode::verify::sigstore
