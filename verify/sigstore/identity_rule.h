// Whom a policy accepts as the holder of a certificate: a rule for the name and a rule for the
// issuer that vouched for it, which only count together (signatures.md, section 8.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/base/result.h"
#include "verify/sigstore/identity_pattern.h"

namespace powernode::verify::sigstore {

// Byte for byte, or by a pattern for the whole. An exact text is never read as a pattern.
class TextRule {
 public:
  // kCannotTell, stage "policy": empty; for a pattern also what IdentityPattern refuses.
  static Result<TextRule> Exact(std::string_view text);
  static Result<TextRule> Pattern(std::string_view pattern);

  bool Matches(std::string_view text) const;
  // As the policy wrote it.
  const std::string& text() const { return pattern_ ? pattern_->text() : exact_; }

 private:
  TextRule() = default;

  std::string exact_;
  std::optional<IdentityPattern> pattern_;
};

struct IdentityRule {
  TextRule san;
  TextRule issuer;

  bool Accepts(std::string_view name, std::string_view by) const {
    return san.Matches(name) && issuer.Matches(by);
  }
};

}  // namespace powernode::verify::sigstore
