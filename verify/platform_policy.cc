#include "verify/platform_policy.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/encoding.h"
#include "verify/policy_words.h"
#include "verify/signed_envelope.h"
#include "verify/sigstore/message_reader.h"
#include "verify/sigstore/policy_key.h"
#include "verify/sigstore/strict_json.h"

namespace powernode::verify {
namespace {

using sigstore::MessageReader;

constexpr std::string_view kPayloadType = "application/vnd.powernode.trust-policy.v1+json";
constexpr std::size_t kMaxEntries = 4096;

Error Rejected(std::string_view why) {
  return Error(ErrorKind::kRefuted, "trust_policy_rejected",
               "the platform's trust policy is not taken: " + std::string(why));
}

// Only three matter here, all are known.
bool IsRole(std::string_view role) {
  return role == "policy" || role == "module" || role == "assignment" || role == "boot-image" ||
         role == "task";
}

Status ReadKeys(const MessageReader& top, const TrustStore& trust, std::int64_t now_unix,
                PlatformPolicy& policy) {
  if (!top.Has("keys")) return Ok();
  ASSIGN_OR_RETURN(const std::vector<MessageReader> keys, top.Messages("keys", kMaxEntries));
  bool successor = false;
  policy.module_keys.emplace();
  policy.assignment_keys.emplace();
  for (const MessageReader& key : keys) {
    RETURN_IF_ERROR(key.AllowOnly({"keyid", "role", "pem", "not_after"}));
    ASSIGN_OR_RETURN(const std::string id, key.RequiredString("keyid"));
    ASSIGN_OR_RETURN(const std::string role, key.RequiredString("role"));
    ASSIGN_OR_RETURN(const std::string not_after, key.String("not_after"));
    if (!IsLowerHex(id, 64)) return key.Refuse("keyid", "is not 64 hex digits");
    if (!IsRole(role)) return key.Refuse("role", "is none that is known");
    if (!not_after.empty()) {
      const std::optional<std::int64_t> end = ParseTime(not_after);
      if (!end) return key.Refuse("not_after", "is no time");
      if (now_unix > *end) continue;
    }
    if (role == "module") policy.module_keys->insert(id);
    if (role == "assignment") policy.assignment_keys->insert(id);
    if (role == "policy" && trust.Find(id) != nullptr) successor = true;
  }
  if (!successor) return top.Refuse("keys", "leaves no key that could sign the next policy");
  return Ok();
}

Result<std::vector<std::string>> OptionalTexts(const Json& json, const MessageReader& top,
                                               std::string_view member) {
  std::vector<std::string> texts;
  if (!top.Has(member)) return texts;
  const Json* list = GetArray(json, member);
  if (list == nullptr || list->size() > kMaxEntries)
    return top.Refuse(member, "is not a list of at most 4096 texts");
  for (const Json& item : *list) {
    if (!item.is_string()) return top.Refuse(member, "holds something that is no text");
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

Status ReadIdentity(const MessageReader& top, PlatformPolicy& policy) {
  ASSIGN_OR_RETURN(const std::optional<MessageReader> cosign, top.Message("cosign"));
  if (!cosign) return Ok();
  RETURN_IF_ERROR(cosign->AllowOnly({"identity_regexp", "issuer_regexp"}));
  ASSIGN_OR_RETURN(const std::string san, cosign->RequiredString("identity_regexp"));
  ASSIGN_OR_RETURN(const std::string issuer, cosign->RequiredString("issuer_regexp"));
  ASSIGN_OR_RETURN(sigstore::TextRule san_rule, sigstore::TextRule::Pattern(san));
  ASSIGN_OR_RETURN(sigstore::TextRule issuer_rule, sigstore::TextRule::Pattern(issuer));
  policy.identity =
      sigstore::IdentityRule{.san = std::move(san_rule), .issuer = std::move(issuer_rule)};
  return Ok();
}

Result<PlatformPolicy> Read(std::string_view text, const TrustStore& trust, std::int64_t now_unix) {
  std::vector<const TrustedKey*> signers;
  for (const TrustedKey& key : trust.keys()) signers.push_back(&key);
  ASSIGN_OR_RETURN(const std::string payload, OpenEnvelope(text, kPayloadType, signers));
  ASSIGN_OR_RETURN(const Json json, sigstore::ParseStrictJson(payload));
  const MessageReader top(json, "policy");
  RETURN_IF_ERROR(top.AllowOnly({"format", "version", "revision", "mode", "verity", "keys",
                                 "revoked_keys", "revoked_digests", "cosign"}));
  ASSIGN_OR_RETURN(const std::string format, top.RequiredString("format"));
  ASSIGN_OR_RETURN(const std::int64_t version, top.Int64("version"));
  ASSIGN_OR_RETURN(const std::int64_t revision, top.Int64("revision"));
  if (format != "powernode-trust-policy" || version != 1)
    return top.Refuse("format", "is not powernode-trust-policy, version 1");
  if (revision < 1) return top.Refuse("revision", "is not a whole number from 1");
  PlatformPolicy policy{.revision = static_cast<std::uint64_t>(revision)};
  ASSIGN_OR_RETURN(const std::string mode, top.String("mode"));
  if (!mode.empty() && mode != "off") {
    ASSIGN_OR_RETURN(const TrustMode word, ParseTrustMode(mode));
    policy.enforce = word == TrustMode::kEnforce;
  }
  ASSIGN_OR_RETURN(const std::string verity, top.String("verity"));
  if (!verity.empty()) {
    ASSIGN_OR_RETURN(const VerityMode word, ParseVerityMode(verity));
    policy.require_verity = word == VerityMode::kRequire;
  }
  RETURN_IF_ERROR(ReadKeys(top, trust, now_unix, policy));
  ASSIGN_OR_RETURN(const std::vector<std::string> keys, OptionalTexts(json, top, "revoked_keys"));
  policy.revoked_keys.insert(keys.begin(), keys.end());
  ASSIGN_OR_RETURN(const std::vector<std::string> digests,
                   OptionalTexts(json, top, "revoked_digests"));
  for (const std::string& text_of_digest : digests) {
    ASSIGN_OR_RETURN(const BlobDigest digest, BlobDigest::Parse(text_of_digest));
    policy.revoked_digests.insert(digest);
  }
  RETURN_IF_ERROR(ReadIdentity(top, policy));
  return policy;
}

}  // namespace

Result<PlatformPolicy> OpenPlatformPolicy(std::string_view envelope, const TrustStore& trust,
                                          std::int64_t now_unix) {
  Result<PlatformPolicy> policy = Read(envelope, trust, now_unix);
  if (!policy) return Rejected(policy.error().message());
  return policy;
}

void Tighten(Policy& policy, const PlatformPolicy& platform) {
  if (platform.enforce) policy.mode = TrustMode::kEnforce;
  if (platform.require_verity) policy.verity = VerityMode::kRequire;
  policy.revoked_keys.insert(platform.revoked_keys.begin(), platform.revoked_keys.end());
  policy.revoked_digests.insert(platform.revoked_digests.begin(), platform.revoked_digests.end());
  if (platform.module_keys)
    for (const TrustedKey& key : policy.trust.keys())
      if (!platform.module_keys->contains(key.id)) policy.revoked_keys.insert(key.id);
  if (platform.assignment_keys) {
    policy.assignment_keys = platform.assignment_keys;
    for (const std::string& id : platform.revoked_keys) policy.assignment_keys->erase(id);
  }
  if (platform.identity) policy.also = platform.identity;
}

}  // namespace powernode::verify
