#include "verify/sigstore/identity_rule.h"

#include "verify/sigstore/refusal.h"

namespace powernode::verify::sigstore {

Result<TextRule> TextRule::Exact(std::string_view text) {
  if (text.empty()) return Unchecked(stage::kPolicy, "an expected identity or issuer is empty");
  TextRule rule;
  rule.exact_ = text;
  return rule;
}

Result<TextRule> TextRule::Pattern(std::string_view pattern) {
  TextRule rule;
  ASSIGN_OR_RETURN(rule.pattern_, IdentityPattern::Compile(pattern));
  return rule;
}

bool TextRule::Matches(std::string_view text) const {
  return pattern_ ? pattern_->Matches(text) : text == exact_;
}

}  // namespace powernode::verify::sigstore
