// The input is a pattern and, behind a byte 0xff, a text.
//
// Invariants: any pattern is refused as a policy error or compiles; what is compiled matches in a
// time that only the lengths bound; alternatives and groups around a pattern change nothing; a text
// whose punctuation is escaped is a pattern for that text alone.
#include <ctime>
#include <string>

#include "tests/fuzz/fuzz_input.h"
#include "verify/sigstore/identity_pattern.h"

namespace {

using namespace powernode::verify::sigstore;
using powernode::fuzz::Require;

constexpr std::size_t kMaxText = 4096;
// Of processor time; the optimized program takes below 10 ms, this one is slow and watched.
constexpr double kMaxSeconds = 4;

bool MatchesInTime(const IdentityPattern& pattern, std::string_view text) {
  const std::clock_t begin = std::clock();
  const bool matches = pattern.Matches(text);
  Require(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC < kMaxSeconds,
          "matching takes bounded time");
  return matches;
}

std::string Escaped(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if ((c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
        (c >= '{' && c <= '~'))
      pattern += '\\';
    pattern += c;
  }
  return pattern;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = powernode::fuzz::TextOf(data, size);
  const std::string_view written = powernode::fuzz::TakePart(text);
  text = text.substr(0, kMaxText);

  const auto literal = IdentityPattern::Compile(Escaped(text));
  if (literal) {
    Require(MatchesInTime(*literal, text), "an escaped text matches itself");
    Require(!literal->Matches(std::string(text) + "x"), "and nothing longer");
  }

  const auto pattern = IdentityPattern::Compile(written);
  if (!pattern) {
    Require(pattern.error().code() == "policy", "a refusal is of this stage");
    return 0;
  }
  const bool matches = MatchesInTime(*pattern, text);
  if (written.starts_with('^') || written.ends_with('$')) return 0;
  const auto either =
      IdentityPattern::Compile("(?:" + std::string(written) + "|" + std::string(written) + ")");
  if (either) Require(either->Matches(text) == matches, "twice the same changes nothing");
  return 0;
}
