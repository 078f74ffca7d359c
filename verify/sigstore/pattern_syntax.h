// The syntax tree of an identity pattern, and the parser that makes it (identity_pattern.h lists
// the forms). Kept apart from the matcher, which sees only the tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/base/result.h"

namespace powernode::verify::sigstore {

// A set of characters; both ends of a range belong to it.
struct CharacterSet {
  bool negated = false;
  std::vector<std::pair<char32_t, char32_t>> ranges;

  bool Has(char32_t c) const;
};

struct PatternNode {
  enum class Kind { kSequence, kAlternatives, kCharacter, kRepeat };

  Kind kind = Kind::kSequence;
  std::vector<PatternNode> parts;  // kRepeat: one; kSequence: none matches the empty text
  CharacterSet set;                // kCharacter
  int min = 0;                     // kRepeat
  std::optional<int> max;          // kRepeat; none: without end
};

// Nested at most 32 deep. kCannotTell, stage "policy".
Result<PatternNode> ParsePattern(std::string_view pattern);

}  // namespace powernode::verify::sigstore
