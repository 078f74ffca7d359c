#include "verify/sigstore/pattern_syntax.h"

#include <algorithm>
#include <string>

#include "verify/sigstore/refusal.h"
#include "verify/sigstore/utf8.h"

namespace powernode::verify::sigstore {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr int kMaxRepeat = 100;
constexpr std::u32string_view kMeta = U"\\.[](){}|*+?^$";

bool IsPunctuation(char32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

bool IsDigit(char32_t c) { return c >= '0' && c <= '9'; }

// The ranges of \d, \w and \s; nullopt for other letters.
std::optional<std::vector<std::pair<char32_t, char32_t>>> ClassOf(char32_t letter) {
  switch (letter) {
    case U'd':
      return {{{'0', '9'}}};
    case U'w':
      return {{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}};
    case U's':
      return {{{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}}};
    default:
      return std::nullopt;
  }
}

PatternNode CharacterNode(CharacterSet set) {
  PatternNode node;
  node.kind = PatternNode::Kind::kCharacter;
  node.set = std::move(set);
  return node;
}

// Recursive descent; each level of recursion is a group, and groups are counted.
class Parser {
 public:
  explicit Parser(std::u32string_view text) : text_(text) {}

  Result<PatternNode> Whole() {
    Take(U'^');
    ASSIGN_OR_RETURN(PatternNode node, Alternatives(0));
    if (AtLastDollar()) ++at_;
    if (at_ != text_.size()) return Refuse("a character that needs a backslash here");
    return node;
  }

 private:
  Error Refuse(std::string_view why) const {
    return Unchecked(stage::kPolicy, "identity pattern, character " + std::to_string(at_ + 1) +
                                         ": " + std::string(why));
  }

  bool AtEnd() const { return at_ == text_.size(); }
  bool At(char32_t c) const { return !AtEnd() && text_[at_] == c; }
  bool AtLastDollar() const { return At(U'$') && at_ + 1 == text_.size(); }
  bool Take(char32_t c) {
    if (!At(c)) return false;
    ++at_;
    return true;
  }

  Result<PatternNode> Alternatives(std::size_t depth) {
    PatternNode node;
    node.kind = PatternNode::Kind::kAlternatives;
    do {
      ASSIGN_OR_RETURN(PatternNode sequence, Sequence(depth));
      node.parts.push_back(std::move(sequence));
    } while (Take(U'|'));
    return node;
  }

  Result<PatternNode> Sequence(std::size_t depth) {
    PatternNode node;
    while (!AtEnd() && !At(U'|') && !At(U')') && !AtLastDollar()) {
      ASSIGN_OR_RETURN(PatternNode atom, Atom(depth));
      ASSIGN_OR_RETURN(PatternNode part, Repeated(std::move(atom)));
      node.parts.push_back(std::move(part));
    }
    return node;
  }

  Result<PatternNode> Atom(std::size_t depth) {
    if (Take(U'(')) return Group(depth + 1);
    if (Take(U'[')) return Bracket();
    if (Take(U'.')) return CharacterNode({.negated = true, .ranges = {{'\n', '\n'}, {'\r', '\r'}}});
    if (Take(U'\\')) {
      ASSIGN_OR_RETURN(CharacterSet set, Escape());
      return CharacterNode(std::move(set));
    }
    const char32_t c = text_[at_];
    if (kMeta.find(c) != std::u32string_view::npos)
      return Refuse("a character that needs a backslash here");
    ++at_;
    return CharacterNode({.ranges = {{c, c}}});
  }

  Result<PatternNode> Group(std::size_t depth) {
    if (depth > kMaxDepth) return Refuse("groups nested too deep");
    if (Take(U'?') && !Take(U':')) return Refuse("only the groups ( ) and (?: ) are known");
    ASSIGN_OR_RETURN(PatternNode node, Alternatives(depth));
    if (!Take(U')')) return Refuse("a group without its end");
    return node;
  }

  // After the backslash.
  Result<CharacterSet> Escape() {
    if (AtEnd()) return Refuse("a backslash at the end");
    const char32_t c = text_[at_];
    if (auto ranges = ClassOf(c)) {
      ++at_;
      return CharacterSet{.ranges = *std::move(ranges)};
    }
    if (!IsPunctuation(c)) return Refuse("an unknown escape");
    ++at_;
    return CharacterSet{.ranges = {{c, c}}};
  }

  // After the opening bracket.
  Result<PatternNode> Bracket() {
    CharacterSet set;
    set.negated = Take(U'^');
    for (bool first = true; !Take(U']'); first = false) {
      ASSIGN_OR_RETURN(const CharacterSet low, BracketItem(first));
      if (!At(U'-') || at_ + 1 >= text_.size() || text_[at_ + 1] == U']') {
        set.ranges.insert(set.ranges.end(), low.ranges.begin(), low.ranges.end());
        continue;
      }
      ++at_;
      ASSIGN_OR_RETURN(const CharacterSet high, BracketItem(/*first=*/false));
      if (!IsSingle(low) || !IsSingle(high) || low.ranges[0].first > high.ranges[0].first)
        return Refuse("a range that is none");
      set.ranges.emplace_back(low.ranges[0].first, high.ranges[0].first);
    }
    if (set.ranges.empty()) return Refuse("an empty set of characters");
    return CharacterNode(std::move(set));
  }

  static bool IsSingle(const CharacterSet& set) {
    return set.ranges.size() == 1 && set.ranges[0].first == set.ranges[0].second;
  }

  Result<CharacterSet> BracketItem(bool first) {
    if (AtEnd()) return Refuse("a set of characters without its end");
    if (Take(U'\\')) return Escape();
    const char32_t c = text_[at_];
    const bool last = at_ + 1 < text_.size() && text_[at_ + 1] == U']';
    if (c == U'[' || c == U']' || (c == U'-' && !first && !last))
      return Refuse("a character that needs a backslash in a set");
    ++at_;
    return CharacterSet{.ranges = {{c, c}}};
  }

  Result<PatternNode> Repeated(PatternNode atom) {
    PatternNode node;
    node.kind = PatternNode::Kind::kRepeat;
    if (Take(U'*')) {
      node.min = 0;
    } else if (Take(U'+')) {
      node.min = 1;
    } else if (Take(U'?')) {
      node.max = 1;
    } else if (Take(U'{')) {
      RETURN_IF_ERROR(Counts(node));
    } else {
      return atom;
    }
    if (At(U'*') || At(U'+') || At(U'?') || At(U'{'))
      return Refuse("a repetition of a repetition (lazy forms are not known)");
    node.parts.push_back(std::move(atom));
    return node;
  }

  // After the opening brace.
  Status Counts(PatternNode& node) {
    ASSIGN_OR_RETURN(node.min, Count());
    node.max = node.min;
    if (Take(U',')) {
      node.max = std::nullopt;
      if (!At(U'}')) {
        ASSIGN_OR_RETURN(node.max, Count());
      }
    }
    if (!Take(U'}')) return Refuse("a count without its end");
    if (node.max && *node.max < node.min) return Refuse("a count whose ends are swapped");
    return Ok();
  }

  Result<int> Count() {
    int value = 0;
    const std::size_t begin = at_;
    while (!AtEnd() && IsDigit(text_[at_]) && value <= kMaxRepeat)
      value = value * 10 + static_cast<int>(text_[at_++] - U'0');
    if (at_ == begin) return Refuse("a count is missing");
    if (value > kMaxRepeat) return Refuse("a count above 100");
    return value;
  }

  std::u32string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

bool CharacterSet::Has(char32_t c) const {
  const bool listed = std::any_of(ranges.begin(), ranges.end(), [c](const auto& range) {
    return range.first <= c && c <= range.second;
  });
  return listed != negated;
}

Result<PatternNode> ParsePattern(std::string_view pattern) {
  const std::optional<std::u32string> text = DecodeUtf8(pattern);
  if (!text) return Unchecked(stage::kPolicy, "identity pattern: not UTF-8");
  return Parser(*text).Whole();
}

}  // namespace powernode::verify::sigstore
