#include "verify/policy_file.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "verify/sigstore/message_reader.h"
#include "verify/sigstore/policy_key.h"
#include "verify/sigstore/strict_json.h"

namespace powernode::verify {
namespace {

using sigstore::IdentityRule;
using sigstore::MessageReader;
using sigstore::Requirements;
using sigstore::TextRule;

constexpr std::size_t kMaxRules = 64;
constexpr std::size_t kMaxPerRule = 64;
constexpr std::size_t kMaxPattern = 255;

// The members' texts; unlike in protocol buffers, a list is needed and may not be empty.
Result<std::vector<std::string>> Texts(const Json& object, const MessageReader& reader,
                                       std::string_view member) {
  const Json* list = GetArray(object, member);
  if (list == nullptr || list->empty() || list->size() > kMaxPerRule)
    return reader.Refuse(member, "is not a list of 1 to 64 texts");
  std::vector<std::string> texts;
  for (const Json& item : *list) {
    if (!item.is_string() || item.get_ref<const std::string&>().empty())
      return reader.Refuse(member, "holds something that is no text, or an empty one");
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

Result<TextRule> Half(const MessageReader& pair, std::string_view exact, std::string_view pattern) {
  ASSIGN_OR_RETURN(const std::string text, pair.String(exact));
  ASSIGN_OR_RETURN(const std::string regexp, pair.String(pattern));
  if (text.empty() == regexp.empty())
    return pair.Refuse(exact, "or " + std::string(pattern) + " is needed, one of the two");
  return regexp.empty() ? TextRule::Exact(text) : TextRule::Pattern(regexp);
}

Result<IdentityRule> Identity(const MessageReader& pair) {
  RETURN_IF_ERROR(pair.AllowOnly({"san", "san_regexp", "issuer", "issuer_regexp"}));
  ASSIGN_OR_RETURN(TextRule san, Half(pair, "san", "san_regexp"));
  ASSIGN_OR_RETURN(TextRule issuer, Half(pair, "issuer", "issuer_regexp"));
  return IdentityRule{.san = std::move(san), .issuer = std::move(issuer)};
}

class Parser {
 public:
  Parser(TrustStore trust, const ReadTrustFile& read) : trust_(std::move(trust)), read_(read) {}

  Result<Policy> Run(std::string_view text) {
    ASSIGN_OR_RETURN(const Json json, sigstore::ParseStrictJson(text));
    const MessageReader top(json, "policy");
    RETURN_IF_ERROR(top.AllowOnly({"format", "version", "mode", "verity", "rules", "revisions"}));
    ASSIGN_OR_RETURN(const std::string format, top.String("format"));
    ASSIGN_OR_RETURN(const std::int64_t version, top.Int64("version"));
    if (format != "powernode-policy" || version != 1)
      return top.Refuse("format", "is not \"powernode-policy\", version 1");
    Policy policy;
    ASSIGN_OR_RETURN(const std::string mode, top.String("mode"));
    if (!mode.empty()) {
      ASSIGN_OR_RETURN(policy.mode, ParseTrustMode(mode));
    }
    ASSIGN_OR_RETURN(const std::string verity, top.String("verity"));
    if (!verity.empty()) {
      ASSIGN_OR_RETURN(policy.verity, ParseVerityMode(verity));
    }
    RETURN_IF_ERROR(ReadRules(json, top, policy));
    RETURN_IF_ERROR(ReadFloors(json, top, policy));
    policy.trust = std::move(trust_);
    return policy;
  }

 private:
  Status ReadRules(const Json& json, const MessageReader& top, Policy& policy) {
    ASSIGN_OR_RETURN(const std::vector<MessageReader> rules, top.Messages("rules", kMaxRules));
    if (rules.empty()) return top.Refuse("rules", "is empty: nothing could be accepted");
    const Json& list = *GetArray(json, "rules");
    for (std::size_t i = 0; i < rules.size(); ++i) {
      ASSIGN_OR_RETURN(PolicyRule rule, ReadRule(list[i], rules[i]));
      std::string patterns;
      for (const std::string& pattern : rule.modules)
        patterns += (patterns.empty() ? "" : ", ") + pattern;
      rule.name = "rule " + std::to_string(i + 1) + " (" + patterns + ")";
      policy.rules.push_back(std::move(rule));
    }
    return Ok();
  }

  Result<PolicyRule> ReadRule(const Json& json, const MessageReader& reader) {
    RETURN_IF_ERROR(reader.AllowOnly({"modules", "keys", "identities", "trusted_root", "binding",
                                      "tlog_threshold", "sct_threshold", "timestamp_threshold",
                                      "tsa_threshold"}));
    PolicyRule rule;
    ASSIGN_OR_RETURN(rule.modules, Texts(json, reader, "modules"));
    for (const std::string& pattern : rule.modules)
      if (pattern.size() > kMaxPattern || pattern.find_first_of("[]\\") != std::string::npos)
        return reader.Refuse("modules", "may hold names, * and ?, at most 255 characters each");
    ASSIGN_OR_RETURN(const std::string binding, reader.String("binding"));
    if (!binding.empty()) {
      ASSIGN_OR_RETURN(rule.binding, ParseBinding(binding));
    }
    ASSIGN_OR_RETURN(rule.requirements, ReadRequirements(json, reader));
    RETURN_IF_ERROR_CONTEXT(sigstore::CheckRequirements(rule.requirements), reader.path());
    return rule;
  }

  Result<Requirements> ReadRequirements(const Json& json, const MessageReader& reader) {
    if (reader.Has("keys") == reader.Has("identities"))
      return reader.Refuse("keys", "or identities is needed, one of the two");
    ASSIGN_OR_RETURN(const std::shared_ptr<const sigstore::TrustedRoot> root, ReadRoot(reader));
    Requirements requirements;
    if (reader.Has("keys")) {
      ASSIGN_OR_RETURN(std::vector<x509::PublicKey> keys, ReadKeys(json, reader));
      requirements = Requirements::ForKeys(std::move(keys), root);
    } else {
      ASSIGN_OR_RETURN(const std::vector<MessageReader> pairs,
                       reader.Messages("identities", kMaxPerRule));
      std::vector<IdentityRule> identities;
      for (const MessageReader& pair : pairs) {
        ASSIGN_OR_RETURN(IdentityRule identity, Identity(pair));
        identities.push_back(std::move(identity));
      }
      requirements = Requirements::ForIdentities(std::move(identities), root);
    }
    RETURN_IF_ERROR(ReadThreshold(reader, "tlog_threshold", requirements.tlog_threshold));
    RETURN_IF_ERROR(ReadThreshold(reader, "sct_threshold", requirements.sct_threshold));
    RETURN_IF_ERROR(ReadThreshold(reader, "timestamp_threshold", requirements.timestamp_threshold));
    RETURN_IF_ERROR(ReadThreshold(reader, "tsa_threshold", requirements.tsa_threshold));
    return requirements;
  }

  static Status ReadThreshold(const MessageReader& reader, std::string_view member,
                              std::size_t& threshold) {
    if (!reader.Has(member)) return Ok();
    ASSIGN_OR_RETURN(const std::int64_t value, reader.Int64(member));
    if (value > 32) return reader.Refuse(member, "is more than 32");
    threshold = static_cast<std::size_t>(value);
    return Ok();
  }

  // "*" is every key of the image, "owner.pem" those of that file.
  Result<std::vector<x509::PublicKey>> ReadKeys(const Json& json, const MessageReader& reader) {
    ASSIGN_OR_RETURN(const std::vector<std::string> names, Texts(json, reader, "keys"));
    std::vector<x509::PublicKey> keys;
    for (const std::string& name : names) {
      const std::size_t before = keys.size();
      for (const TrustedKey& key : trust_.keys())
        if (name == "*" || key.origin.substr(key.origin.rfind('/') + 1) == name)
          keys.push_back(key.key);
      if (keys.size() == before)
        return reader.Refuse("keys", "names " + name +
                                         ", and the image has no readable key of that name in its "
                                         "trust directory");
    }
    return keys;
  }

  Result<std::shared_ptr<const sigstore::TrustedRoot>> ReadRoot(const MessageReader& reader) {
    ASSIGN_OR_RETURN(const std::string name, reader.String("trusted_root"));
    if (name.empty()) return std::shared_ptr<const sigstore::TrustedRoot>();
    if (name.find('/') != std::string::npos || name.front() == '.')
      return reader.Refuse("trusted_root", "is not the name of a file in the trust directory");
    ASSIGN_OR_RETURN_CONTEXT(const std::string text, read_(name), reader.PathOf("trusted_root"));
    ASSIGN_OR_RETURN_CONTEXT(sigstore::TrustedRoot root, sigstore::ParseTrustedRoot(text), name);
    return std::make_shared<const sigstore::TrustedRoot>(std::move(root));
  }

  static Status ReadFloors(const Json& json, const MessageReader& top, Policy& policy) {
    if (!top.Has("revisions")) return Ok();
    const Json* floors = GetObject(json, "revisions");
    if (floors == nullptr || floors->size() > 4096)
      return top.Refuse("revisions", "is not an object of at most 4096 module ids");
    for (const auto& [module_id, revision] : floors->items()) {
      if (!revision.is_number_unsigned() || revision.get<std::uint64_t>() > INT64_MAX)
        return top.Refuse("revisions", "holds something that is no revision");
      policy.floors[module_id] = revision.get<std::uint64_t>();
    }
    return Ok();
  }

  TrustStore trust_;
  const ReadTrustFile& read_;
};

}  // namespace

Result<Policy> ParsePolicy(std::string_view text, const std::string& origin, TrustStore trust,
                           const ReadTrustFile& read) {
  Result<Policy> policy = Parser(std::move(trust), read).Run(text);
  if (!policy)
    return Error(ErrorKind::kInvalid, "bad_policy", origin + ": " + policy.error().message());
  policy->origin = origin;
  return policy;
}

}  // namespace powernode::verify
