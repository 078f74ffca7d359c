#include "verify/sigstore/entry_body.h"

#include <optional>
#include <string>
#include <utility>

#include "agent/base/encoding.h"
#include "agent/base/printable.h"
#include "verify/quoted.h"
#include "verify/sigstore/message_reader.h"
#include "verify/sigstore/pem.h"
#include "verify/sigstore/refusal.h"
#include "verify/sigstore/rekor_v2_body.h"
#include "verify/sigstore/strict_json.h"

namespace powernode::verify::sigstore {
namespace {

struct KnownKind {
  std::string_view kind;
  std::string_view version;
  EntryKind entry_kind;
  std::optional<ContentKind> only;  // none: for both
};

constexpr KnownKind kKnownKinds[] = {
    {"hashedrekord", "0.0.1", EntryKind::kHashedRekord001, ContentKind::kMessage},
    {"dsse", "0.0.1", EntryKind::kDsse001, ContentKind::kEnvelope},
    {"intoto", "0.0.2", EntryKind::kIntoto002, ContentKind::kEnvelope},
    {"hashedrekord", "0.0.2", EntryKind::kHashedRekord002, std::nullopt},
};

Error Mismatch(std::string_view what) {
  return Wrong(stage::kLogBody, "log entry: its " + std::string(what) + " is another");
}

// A body that lacks what its kind has, or has it in another form, speaks of something else.
Error InBody(const Error& error) { return At(stage::kLogBody, error, "log entry: body"); }

// The signer is written as base64 of PEM; line breaks differ, so that the DER is compared.
Status CheckSigner(std::string_view pem, const SignedContent& content) {
  const std::optional<std::string> der =
      ReadPem(pem, content.leaf ? kCertificateLabel : kPublicKeyLabel);
  const std::string& expected = content.leaf ? content.leaf->der() : content.key.spki();
  return der && *der == expected ? Ok() : Status(Mismatch("signer"));
}

Status CheckPayloadHash(const MessageReader& holder, const SignedContent& content) {
  ASSIGN_OR_RETURN(const MessageReader hash, holder.RequiredMessage("payloadHash"));
  ASSIGN_OR_RETURN(const std::string algorithm, hash.String("algorithm"));
  ASSIGN_OR_RETURN(const std::string value, hash.String("value"));
  const std::string digest = x509::Digest(x509::HashAlgorithm::kSha256, content.envelope->payload);
  return algorithm == "sha256" && value == HexEncode(digest) ? Ok()
                                                             : Status(Mismatch("payload digest"));
}

Result<MessageReader> OnlySignature(const MessageReader& holder) {
  ASSIGN_OR_RETURN(const std::vector<MessageReader> signatures, holder.Messages("signatures", 1));
  if (signatures.empty()) return holder.Refuse("signatures", "not exactly one");
  return signatures.front();
}

Status CheckHashedRekord001(const MessageReader& spec, const SignedContent& content) {
  ASSIGN_OR_RETURN(const MessageReader data, spec.RequiredMessage("data"));
  ASSIGN_OR_RETURN(const MessageReader hash, data.RequiredMessage("hash"));
  ASSIGN_OR_RETURN(const std::string name, hash.String("algorithm"));
  ASSIGN_OR_RETURN(const std::string value, hash.String("value"));
  ASSIGN_OR_RETURN(const MessageReader signature, spec.RequiredMessage("signature"));
  ASSIGN_OR_RETURN(const std::string bytes, signature.Bytes("content"));
  ASSIGN_OR_RETURN(const MessageReader key, signature.RequiredMessage("publicKey"));
  ASSIGN_OR_RETURN(const std::string pem, key.Bytes("content"));

  const std::optional<x509::HashAlgorithm> algorithm = x509::HashByName(name);
  if (!algorithm) return Mismatch("hash algorithm");
  const std::optional<std::string> digest = content.artifact.Digest(*algorithm);
  if (!digest)
    return Unchecked(stage::kLogBody, "log entry: it names the artifact by a digest (" + name +
                                          ") that was not given");
  if (value != HexEncode(*digest)) return Mismatch("artifact digest");
  if (bytes != content.signature) return Mismatch("signature");
  return CheckSigner(pem, content);
}

Status CheckDsse001(const MessageReader& spec, const SignedContent& content) {
  RETURN_IF_ERROR(CheckPayloadHash(spec, content));
  ASSIGN_OR_RETURN(const MessageReader signature, OnlySignature(spec));
  ASSIGN_OR_RETURN(const std::string bytes, signature.Bytes("signature"));
  ASSIGN_OR_RETURN(const std::string pem, signature.Bytes("verifier"));
  if (bytes != content.signature) return Mismatch("signature");
  return CheckSigner(pem, content);
}

Status CheckIntoto002(const MessageReader& spec, const SignedContent& content) {
  ASSIGN_OR_RETURN(const MessageReader inner, spec.RequiredMessage("content"));
  RETURN_IF_ERROR(CheckPayloadHash(inner, content));
  ASSIGN_OR_RETURN(const MessageReader envelope, inner.RequiredMessage("envelope"));
  ASSIGN_OR_RETURN(const MessageReader signature, OnlySignature(envelope));
  ASSIGN_OR_RETURN(const std::string encoded, signature.Bytes("sig"));  // base64 of base64
  ASSIGN_OR_RETURN(const std::string pem, signature.Bytes("publicKey"));
  if (encoded != Base64Encode(content.signature)) return Mismatch("signature");
  return CheckSigner(pem, content);
}

}  // namespace

Result<EntryBody> ReadEntryBody(std::string_view body, std::string_view kind,
                                std::string_view version, ContentKind content) {
  Result<Json> json = ParseStrictJson(body);
  if (!json) return InBody(json.error());
  const MessageReader message(*json, "");
  const Result<std::string> body_kind = message.String("kind");
  if (!body_kind) return InBody(body_kind.error());
  const Result<std::string> body_version = message.String("apiVersion");
  if (!body_version) return InBody(body_version.error());
  if (*body_kind != kind || *body_version != version)
    return Wrong(stage::kLogBody, "log entry: its body is of another kind than it names");

  for (const KnownKind& known : kKnownKinds) {
    if (known.kind != kind || known.version != version) continue;
    if (known.only && *known.only != content)
      return Wrong(stage::kLogBody, "log entry: its kind does not suit the bundle's content");
    const auto spec = json->find("spec");
    if (spec == json->end() || !spec->is_object())
      return Wrong(stage::kLogBody, "log entry: body: spec: missing");
    return EntryBody{.kind = known.entry_kind, .spec = std::move(*spec)};
  }
  return Unchecked(stage::kLogBody, "log entry: kind \"" +
                                        Printable(kind.substr(0, kQuotedAtMost)) + "\" version \"" +
                                        Printable(version.substr(0, kQuotedAtMost)) +
                                        "\" is not supported");
}

Status CheckEntryBody(const EntryBody& entry, std::string_view body, const SignedContent& content) {
  const MessageReader spec(entry.spec, "spec");
  Status status = Ok();
  switch (entry.kind) {
    case EntryKind::kHashedRekord001:
      status = CheckHashedRekord001(spec, content);
      break;
    case EntryKind::kDsse001:
      status = CheckDsse001(spec, content);
      break;
    case EntryKind::kIntoto002:
      status = CheckIntoto002(spec, content);
      break;
    case EntryKind::kHashedRekord002: {
      ASSIGN_OR_RETURN(const std::string expected, RekorV2Body(content));
      if (body != expected) return Mismatch("content");
      break;
    }
  }
  if (!status && status.error().code() == stage::kParse) return InBody(status.error());
  return status;
}

}  // namespace powernode::verify::sigstore
