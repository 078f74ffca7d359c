// The regular expressions that a policy may write for an identity (signatures.md, section 8.3): few
// forms, the whole text must match, and matching takes time linear in text times program, whatever
// the pattern (Thompson's construction). Anything outside of these forms is refused, never
// approximated:
//
//   literals  \ and punctuation  .  [a-z] [^a-z]  \d \w \s  ( )  (?: )  |  * + ? {m} {m,} {m,n}
//   ^ and $ at the very ends, where they change nothing
//
// Pattern and text are UTF-8; one character is one code point; `.` is any but a line break.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/base/result.h"
#include "verify/sigstore/pattern_syntax.h"

namespace powernode::verify::sigstore {

class IdentityPattern {
 public:
  static constexpr std::size_t kMaxLength = 1024;

  // kCannotTell, stage "policy": empty, too long, outside of the syntax, or more than 1,200 steps
  // once its repetitions are written out.
  static Result<IdentityPattern> Compile(std::string_view pattern);

  // Text that is not UTF-8 does not match.
  bool Matches(std::string_view text) const;

  const std::string& text() const { return text_; }

  struct Step {
    enum class Op : std::uint8_t { kRange, kSet, kSplit, kMatch };

    Op op = Op::kMatch;
    std::uint32_t next = 0;   // all but kMatch
    std::uint32_t other = 0;  // kSplit: the second way; kSet: which set
    char32_t low = 0;         // kRange: both ends belong to it
    char32_t high = 0;
  };
  struct Program {
    std::vector<Step> steps;
    std::vector<CharacterSet> sets;
    std::uint32_t start = 0;
  };

 private:
  IdentityPattern(std::string_view text, Program program)
      : text_(text), program_(std::move(program)) {}

  std::string text_;
  Program program_;
};

}  // namespace powernode::verify::sigstore
