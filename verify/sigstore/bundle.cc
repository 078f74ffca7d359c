#include "verify/sigstore/bundle.h"

#include <algorithm>
#include <utility>

#include "verify/sigstore/checkpoint.h"
#include "verify/sigstore/inclusion_proof.h"
#include "verify/sigstore/message_reader.h"
#include "verify/sigstore/refusal.h"
#include "verify/sigstore/strict_json.h"
#include "verify/x509/certificate.h"

namespace powernode::verify::sigstore {
namespace {

constexpr std::size_t kMaxEntries = 32;
constexpr std::size_t kMaxTimestamps = 32;
constexpr std::size_t kMaxCertificates = 10;
constexpr std::size_t kMaxDerObject = 64 * 1024;
constexpr std::size_t kHashSize = 32;

enum class Version { k01, k02, k03 };

Result<Version> VersionOf(const MessageReader& bundle) {
  ASSIGN_OR_RETURN(const std::string type, bundle.String("mediaType"));
  if (type == "application/vnd.dev.sigstore.bundle+json;version=0.1") return Version::k01;
  if (type == "application/vnd.dev.sigstore.bundle+json;version=0.2") return Version::k02;
  if (type == "application/vnd.dev.sigstore.bundle+json;version=0.3" ||
      type == "application/vnd.dev.sigstore.bundle.v0.3+json")
    return Version::k03;
  // A later version is no forgery: this build is too old for it.
  if (type.starts_with("application/vnd.dev.sigstore.bundle"))
    return Unchecked(stage::kParse, "mediaType: a version of bundle that is not supported");
  return bundle.Refuse("mediaType", "not that of a Sigstore bundle 0.1 to 0.3");
}

Result<std::string> DerObject(const MessageReader& message, std::string_view name) {
  ASSIGN_OR_RETURN(std::string der, message.RequiredBytes(name));
  if (der.size() > kMaxDerObject) return message.Refuse(name, "longer than 64 KiB");
  return der;
}

Result<InclusionProof> ParseProof(const MessageReader& message) {
  InclusionProof proof;
  ASSIGN_OR_RETURN(proof.log_index, message.Int64("logIndex"));
  ASSIGN_OR_RETURN(proof.tree_size, message.Int64("treeSize"));
  ASSIGN_OR_RETURN(proof.root_hash, message.BytesOfSize("rootHash", kHashSize));
  ASSIGN_OR_RETURN(proof.hashes, message.ListOfBytes("hashes", kMaxProofHashes, kHashSize));
  ASSIGN_OR_RETURN(const MessageReader checkpoint, message.RequiredMessage("checkpoint"));
  ASSIGN_OR_RETURN(proof.checkpoint, checkpoint.RequiredString("envelope"));
  if (proof.checkpoint.size() > kMaxCheckpoint)
    return checkpoint.Refuse("envelope", "longer than 16 KiB");
  return proof;
}

Result<LogEntry> ParseEntry(const MessageReader& message, Version version) {
  LogEntry entry;
  ASSIGN_OR_RETURN(entry.log_index, message.Int64("logIndex"));
  ASSIGN_OR_RETURN(const std::optional<MessageReader> log, message.Message("logId"));
  if (log) {
    ASSIGN_OR_RETURN(entry.log_id, log->Bytes("keyId"));
  }
  ASSIGN_OR_RETURN(const std::optional<MessageReader> kind, message.Message("kindVersion"));
  if (kind) {
    ASSIGN_OR_RETURN(entry.kind, kind->String("kind"));
    ASSIGN_OR_RETURN(entry.version, kind->String("version"));
  }
  ASSIGN_OR_RETURN(entry.integrated_time, message.Int64("integratedTime"));
  ASSIGN_OR_RETURN(const std::optional<MessageReader> promise, message.Message("inclusionPromise"));
  if (promise) {
    ASSIGN_OR_RETURN(entry.promise, promise->RequiredBytes("signedEntryTimestamp"));
  } else if (version == Version::k01) {
    return message.Refuse("inclusionPromise", "missing, which a bundle 0.1 needs");
  }
  ASSIGN_OR_RETURN(const std::optional<MessageReader> proof, message.Message("inclusionProof"));
  if (proof) {
    ASSIGN_OR_RETURN(entry.proof, ParseProof(*proof));
  } else if (version != Version::k01) {
    return message.Refuse("inclusionProof", "missing, which a bundle needs from 0.2 on");
  }
  ASSIGN_OR_RETURN(entry.body, message.RequiredBytes("canonicalizedBody"));
  return entry;
}

// The leaf; what follows it in a chain must have its form and is not used.
Result<std::string> ParseChain(const MessageReader& chain) {
  ASSIGN_OR_RETURN(const std::vector<MessageReader> certificates,
                   chain.Messages("certificates", kMaxCertificates));
  if (certificates.empty()) return chain.Refuse("certificates", "empty");
  std::string leaf;
  for (const MessageReader& certificate : certificates) {
    ASSIGN_OR_RETURN(std::string der, DerObject(certificate, "rawBytes"));
    if (leaf.empty()) {
      leaf = std::move(der);  // looked at once it is known to be wanted
    } else if (const auto parsed = x509::Certificate::Parse(der); !parsed) {
      return certificate.Refuse("rawBytes", parsed.error().message());
    }
  }
  return leaf;
}

Status ParseSigner(const MessageReader& material, Version version, Bundle& bundle) {
  ASSIGN_OR_RETURN(const std::optional<MessageReader> key, material.Message("publicKey"));
  ASSIGN_OR_RETURN(const std::optional<MessageReader> leaf, material.Message("certificate"));
  ASSIGN_OR_RETURN(const std::optional<MessageReader> chain,
                   material.Message("x509CertificateChain"));
  if (int{key.has_value()} + int{leaf.has_value()} + int{chain.has_value()} != 1)
    return Wrong(stage::kParse, material.path() +
                                    ": not exactly one of publicKey, certificate and "
                                    "x509CertificateChain");
  if (key) {
    RETURN_IF_ERROR(key->AllowOnly({"hint"}));
    ASSIGN_OR_RETURN(bundle.key_hint, key->String("hint"));
  }
  if (leaf) {
    if (version != Version::k03) return material.Refuse("certificate", "not before bundle 0.3");
    ASSIGN_OR_RETURN(bundle.leaf, DerObject(*leaf, "rawBytes"));
  }
  if (chain) {
    if (version == Version::k03)
      return material.Refuse("x509CertificateChain", "not in a bundle 0.3");
    ASSIGN_OR_RETURN(bundle.leaf, ParseChain(*chain));
  }
  return Ok();
}

Status ParseMaterial(const MessageReader& material, Version version, Bundle& bundle) {
  RETURN_IF_ERROR(material.AllowOnly({"publicKey", "certificate", "x509CertificateChain",
                                      "tlogEntries", "timestampVerificationData"}));
  RETURN_IF_ERROR(ParseSigner(material, version, bundle));
  ASSIGN_OR_RETURN(const std::vector<MessageReader> entries,
                   material.Messages("tlogEntries", kMaxEntries));
  for (const MessageReader& message : entries) {
    ASSIGN_OR_RETURN(LogEntry entry, ParseEntry(message, version));
    bundle.entries.push_back(std::move(entry));
  }
  ASSIGN_OR_RETURN(const std::optional<MessageReader> times,
                   material.Message("timestampVerificationData"));
  if (!times) return Ok();
  ASSIGN_OR_RETURN(const std::vector<MessageReader> tokens,
                   times->Messages("rfc3161Timestamps", kMaxTimestamps));
  for (const MessageReader& token : tokens) {
    ASSIGN_OR_RETURN(std::string der, DerObject(token, "signedTimestamp"));
    bundle.timestamps.push_back(std::move(der));
  }
  return Ok();
}

Result<MessageSignature> ParseMessageSignature(const MessageReader& message) {
  constexpr std::string_view kAlgorithms[] = {
      "", "HASH_ALGORITHM_UNSPECIFIED", "SHA2_256", "SHA2_384", "SHA2_512", "SHA3_256", "SHA3_384"};
  RETURN_IF_ERROR(message.AllowOnly({"messageDigest", "signature"}));
  MessageSignature content;
  ASSIGN_OR_RETURN(const MessageReader digest, message.RequiredMessage("messageDigest"));
  ASSIGN_OR_RETURN(content.digest_algorithm, digest.String("algorithm"));
  if (std::find(std::begin(kAlgorithms), std::end(kAlgorithms), content.digest_algorithm) ==
      std::end(kAlgorithms))
    return digest.Refuse("algorithm", "not the name of a hash");
  ASSIGN_OR_RETURN(content.digest, digest.RequiredBytes("digest"));
  ASSIGN_OR_RETURN(content.signature, message.RequiredBytes("signature"));
  return content;
}

Result<Envelope> ParseEnvelope(const MessageReader& message) {
  RETURN_IF_ERROR(message.AllowOnly({"payload", "payloadType", "signatures"}));
  Envelope envelope;
  ASSIGN_OR_RETURN(envelope.payload, message.Bytes("payload"));
  ASSIGN_OR_RETURN(envelope.payload_type, message.String("payloadType"));
  ASSIGN_OR_RETURN(const std::vector<MessageReader> signatures, message.Messages("signatures", 1));
  if (signatures.empty()) return message.Refuse("signatures", "not exactly one");
  RETURN_IF_ERROR(signatures[0].AllowOnly({"sig", "keyid"}));
  ASSIGN_OR_RETURN(envelope.signature, signatures[0].RequiredBytes("sig"));
  ASSIGN_OR_RETURN(envelope.key_id, signatures[0].String("keyid"));
  return envelope;
}

Status ParseContent(const MessageReader& message, Bundle& bundle) {
  ASSIGN_OR_RETURN(const std::optional<MessageReader> signature,
                   message.Message("messageSignature"));
  ASSIGN_OR_RETURN(const std::optional<MessageReader> envelope, message.Message("dsseEnvelope"));
  if (signature.has_value() == envelope.has_value())
    return Wrong(stage::kParse, "not exactly one of messageSignature and dsseEnvelope");
  if (signature) {
    ASSIGN_OR_RETURN(bundle.content, ParseMessageSignature(*signature));
  } else {
    ASSIGN_OR_RETURN(bundle.content, ParseEnvelope(*envelope));
  }
  return Ok();
}

Result<Bundle> Parse(const Json& json) {
  const MessageReader message(json, "");
  RETURN_IF_ERROR(
      message.AllowOnly({"mediaType", "verificationMaterial", "messageSignature", "dsseEnvelope"}));
  ASSIGN_OR_RETURN(const Version version, VersionOf(message));
  ASSIGN_OR_RETURN(const MessageReader material, message.RequiredMessage("verificationMaterial"));
  Bundle bundle;
  RETURN_IF_ERROR(ParseMaterial(material, version, bundle));
  RETURN_IF_ERROR(ParseContent(message, bundle));
  return bundle;
}

}  // namespace

const std::string& Bundle::signature() const {
  if (const auto* message = std::get_if<MessageSignature>(&content)) return message->signature;
  return std::get_if<Envelope>(&content)->signature;
}

Result<Bundle> ParseBundle(std::string_view text) {
  ASSIGN_OR_RETURN_CONTEXT(const Json json, ParseStrictJson(text), "bundle");
  Result<Bundle> bundle = Parse(json);
  if (!bundle) return std::move(bundle).error().WithContext("bundle");
  return bundle;
}

}  // namespace powernode::verify::sigstore
