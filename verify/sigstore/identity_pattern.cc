#include "verify/sigstore/identity_pattern.h"

#include <optional>
#include <span>
#include <utility>

#include "verify/sigstore/refusal.h"
#include "verify/sigstore/utf8.h"

namespace powernode::verify::sigstore {
namespace {

using Step = IdentityPattern::Step;

constexpr std::size_t kMaxSteps = 1200;  // a pattern without counts has at most one a character

// Emits steps from the end to the beginning: each piece is told what follows it and returns where
// it begins.
class Compiler {
 public:
  std::uint32_t Match() { return Emit({.op = Step::Op::kMatch}); }

  std::uint32_t Emit(const PatternNode& node, std::uint32_t next) {
    if (too_large()) return next;
    switch (node.kind) {
      case PatternNode::Kind::kCharacter:
        return Character(node.set, next);
      case PatternNode::Kind::kSequence:
        for (auto part = node.parts.rbegin(); part != node.parts.rend(); ++part)
          next = Emit(*part, next);
        return next;
      case PatternNode::Kind::kAlternatives: {
        std::uint32_t begin = Emit(node.parts.back(), next);
        for (auto part = node.parts.rbegin() + 1; part != node.parts.rend(); ++part)
          begin = Split(Emit(*part, next), begin);
        return begin;
      }
      case PatternNode::Kind::kRepeat:
        return Repeat(node, next);
    }
    return next;
  }

  bool too_large() const { return program_.steps.size() > kMaxSteps; }
  IdentityPattern::Program Finish(std::uint32_t start) && {
    program_.start = start;
    return std::move(program_);
  }

 private:
  std::uint32_t Emit(Step step) {
    program_.steps.push_back(step);
    return static_cast<std::uint32_t>(program_.steps.size() - 1);
  }

  std::uint32_t Character(const CharacterSet& set, std::uint32_t next) {
    if (!set.negated && set.ranges.size() == 1)
      return Emit({.op = Step::Op::kRange,
                   .next = next,
                   .low = set.ranges[0].first,
                   .high = set.ranges[0].second});
    program_.sets.push_back(set);
    return Emit({.op = Step::Op::kSet,
                 .next = next,
                 .other = static_cast<std::uint32_t>(program_.sets.size() - 1)});
  }

  std::uint32_t Split(std::uint32_t one, std::uint32_t other) {
    return Emit({.op = Step::Op::kSplit, .next = one, .other = other});
  }

  std::uint32_t Repeat(const PatternNode& node, std::uint32_t next) {
    const PatternNode& part = node.parts.front();
    if (node.max) {
      std::uint32_t begin = next;  // each of the pieces that may be absent can leave at once
      for (int i = node.min; i < *node.max && !too_large(); ++i)
        begin = Split(Emit(part, begin), next);
      next = begin;
    } else {
      const std::uint32_t loop = Split(next, next);
      const std::uint32_t begin = Emit(part, loop);
      program_.steps[loop].next = begin;
      next = loop;
    }
    for (int i = 0; i < node.min && !too_large(); ++i) next = Emit(part, next);
    return next;
  }

  IdentityPattern::Program program_;
};

// The steps that a match has reached, each once. What it needs is allocated once: a step is visited
// up to five million times a match.
class Frontier {
 public:
  explicit Frontier(const std::vector<Step>& steps)
      : steps_(&steps), seen_(steps.size(), 0), pending_(steps.size()), reached_(steps.size()) {}

  void Clear() {
    count_ = 0;
    matched_ = false;
    ++round_;
  }

  // `at` and all that it leads to without reading a character.
  void Add(std::uint32_t at) {
    for (std::size_t pending = 0;;) {
      if (seen_[at] != round_) {
        seen_[at] = round_;
        const Step& step = (*steps_)[at];
        switch (step.op) {
          case Step::Op::kSplit:
            pending_[pending++] = step.other;  // one for each split seen first: never too many
            at = step.next;
            continue;
          case Step::Op::kRange:
          case Step::Op::kSet:
            reached_[count_++] = at;
            break;
          case Step::Op::kMatch:
            matched_ = true;
            break;
        }
      }
      if (pending == 0) return;
      at = pending_[--pending];
    }
  }

  std::span<const std::uint32_t> reached() const { return {reached_.data(), count_}; }
  bool matched() const { return matched_; }

 private:
  const std::vector<Step>* steps_;
  std::vector<std::uint32_t> seen_;  // the round in which a step was reached last
  std::vector<std::uint32_t> pending_;
  std::vector<std::uint32_t> reached_;
  std::size_t count_ = 0;
  std::uint32_t round_ = 0;
  bool matched_ = false;
};

}  // namespace

Result<IdentityPattern> IdentityPattern::Compile(std::string_view pattern) {
  if (pattern.empty()) return Unchecked(stage::kPolicy, "identity pattern: empty");
  if (pattern.size() > kMaxLength)
    return Unchecked(stage::kPolicy, "identity pattern: longer than " + std::to_string(kMaxLength));
  ASSIGN_OR_RETURN(const PatternNode tree, ParsePattern(pattern));
  Compiler compiler;
  const std::uint32_t start = compiler.Emit(tree, compiler.Match());
  if (compiler.too_large())
    return Unchecked(stage::kPolicy, "identity pattern: its repetitions are too large");
  return IdentityPattern(pattern, std::move(compiler).Finish(start));
}

bool IdentityPattern::Matches(std::string_view text) const {
  const std::optional<std::u32string> characters = DecodeUtf8(text);
  if (!characters) return false;
  const auto takes = [this](const Step& step, char32_t c) {
    return step.op == Step::Op::kRange ? step.low <= c && c <= step.high
                                       : program_.sets[step.other].Has(c);
  };
  Frontier now(program_.steps);
  Frontier then(program_.steps);
  now.Clear();
  now.Add(program_.start);
  for (const char32_t c : *characters) {
    then.Clear();
    for (const std::uint32_t index : now.reached())
      if (const Step& step = program_.steps[index]; takes(step, c)) then.Add(step.next);
    if (then.reached().empty() && !then.matched()) return false;
    std::swap(now, then);
  }
  return now.matched();
}

}  // namespace powernode::verify::sigstore
