#include "verify/sigstore/identity_pattern.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

namespace powernode::verify::sigstore::identity_pattern_test {
namespace {

bool Matches(std::string_view pattern, std::string_view text) {
  const Result<IdentityPattern> compiled = IdentityPattern::Compile(pattern);
  REQUIRE_MESSAGE(compiled.ok(), std::string(pattern));
  return compiled->Matches(text);
}

std::string Repeat(std::string_view piece, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += piece;
  return text;
}

}  // namespace

TEST_CASE("a pattern covers the whole text or does not match") {
  struct Row {
    std::string_view pattern;
    std::string_view text;
    bool matches;
  };
  for (const Row& row : {
           Row{"abc", "abc", true},
           Row{"abc", "abcd", false},
           Row{"abc", "xabc", false},
           Row{"abc", "ab", false},
           Row{"abc", "", false},
           Row{"a|b", "a", true},
           Row{"a|b", "b", true},
           Row{"a|b", "ab", false},
           Row{"a|bc", "ac", false},
           Row{"^a|b$", "b", true},
           Row{"^a|b$", "ab", false},
           Row{"(a|b)c", "bc", true},
           Row{"(?:a|b)c", "a", false},
           Row{"a*", "", true},
           Row{"a*", "aaaa", true},
           Row{"a+", "", false},
           Row{"a?b", "b", true},
           Row{"a?b", "aab", false},
           Row{"a{2}", "aa", true},
           Row{"a{2}", "aaa", false},
           Row{"a{2,}", "a", false},
           Row{"a{2,}", "aaaaa", true},
           Row{"a{1,3}", "aaa", true},
           Row{"a{1,3}", "aaaa", false},
           Row{"a{0}b", "b", true},
           Row{"(ab){2}", "abab", true},
           Row{"(a*)*b", "aaab", true},
           Row{"(|a)+", "aa", true},
           Row{".", "x", true},
           Row{".", "\n", false},
           Row{".", "\r", false},
           Row{".", "\xc3\xa9", true},  // one code point
           Row{"..", "\xc3\xa9", false},
           Row{".", "\xff", false},
           Row{"[a-c]", "b", true},
           Row{"[a-c]", "d", false},
           Row{"[^a-c]", "d", true},
           Row{"[^a-c]", "a", false},
           Row{"[-a]", "-", true},
           Row{"[a-]", "-", true},
           Row{"[a^]", "^", true},
           Row{"[\\]\\-]", "]", true},
           Row{"[\\d_.-]+", "1_2.3-4", true},
           Row{"[^\\d]", "5", false},
           Row{"\\d+", "0189", true},
           Row{"\\d", "\xd9\xa3", false},  // a digit, but not of ASCII
           Row{"\\w\\s\\w", "a b", true},
           Row{"\\.", "x", false},
           Row{"\\$\\^", "$^", true},
           Row{"v1\\.[0-9]+", "v1.20", true},
           Row{"v1.20", "v1x20", true},
       }) {
    CAPTURE(row.pattern);
    CAPTURE(row.text);
    CHECK(Matches(row.pattern, row.text) == row.matches);
  }
}

TEST_CASE("what is outside of the syntax is a policy error, not an approximation") {
  for (const std::string& pattern : {std::string(),
                                     std::string("*a"),
                                     std::string("a**"),
                                     std::string("a*?"),
                                     std::string("a+?"),
                                     std::string("a{2}{3}"),
                                     std::string("a{2}*"),
                                     std::string("a{,3}"),
                                     std::string("a{3,2}"),
                                     std::string("a{101}"),
                                     std::string("a{1,101}"),
                                     std::string("a{99999999999999999999}"),
                                     std::string("a{1"),
                                     std::string("a{"),
                                     std::string("{"),
                                     std::string("}"),
                                     std::string("]"),
                                     std::string("["),
                                     std::string("[]"),
                                     std::string("[]a]"),
                                     std::string("[^]"),
                                     std::string("[a"),
                                     std::string("[z-a]"),
                                     std::string("[a-\\d]"),
                                     std::string("[[:alpha:]]"),
                                     std::string("[a-c-e]"),
                                     std::string("("),
                                     std::string(")"),
                                     std::string("(a"),
                                     std::string("a)"),
                                     std::string("(?i)a"),
                                     std::string("(?=a)"),
                                     std::string("(?P<n>a)"),
                                     std::string("\\"),
                                     std::string("\\b"),
                                     std::string("\\1"),
                                     std::string("\\D"),
                                     std::string("\\n"),
                                     std::string("\\Q"),
                                     std::string("\\\xc3\xa9"),
                                     std::string("a^"),
                                     std::string("$a"),
                                     std::string("(a$)"),
                                     std::string("(^a)"),
                                     std::string("a|^b"),
                                     std::string("^*"),
                                     std::string("^^a"),
                                     std::string("a$$"),
                                     std::string("\xff"),
                                     std::string(1025, 'a'),
                                     Repeat("(", 33) + "a" + Repeat(")", 33),
                                     std::string("((a{100}){100}){100}"),
                                     std::string("(((((((a*)*){100}){100}){100}){100}))")}) {
    CAPTURE(pattern);
    const Result<IdentityPattern> compiled = IdentityPattern::Compile(pattern);
    REQUIRE_FALSE(compiled.ok());
    CHECK(compiled.error().code() == "policy");
    CHECK(compiled.error().kind() == ErrorKind::kCannotTell);
  }
}

TEST_CASE("patterns that ruin a backtracking matcher take no longer than others") {
  const std::string text(4096, 'a');
  for (const std::string& pattern :
       {std::string("(a*)*b"), std::string("(a|aa)+b"), std::string("(a+)+b"),
        std::string("(") + Repeat("a?", 500) + ")*b", Repeat("a*", 500) + "b",
        std::string("((a{0,20}){0,20})*b")}) {
    CAPTURE(pattern.substr(0, 20));
    const auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(Matches(pattern, text));
    const auto took = std::chrono::steady_clock::now() - begin;
    MESSAGE(pattern.substr(0, 20), ": ms ",
            std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    CHECK(took < std::chrono::seconds(5));  // unoptimized, with sanitizers
  }
}

}  // namespace powernode::verify::sigstore::identity_pattern_test
