#include "agent/base/printable.h"

#include <doctest/doctest.h>

#include <string>

namespace powernode::printable_test {
namespace {

TEST_SUITE_BEGIN("printable");

TEST_CASE("keeps text of any script and replaces what could draw on a terminal") {
  struct Row {
    std::string text;
    const char* shown;
  };
  for (const Row& row : {
           Row{"plain text ~!", "plain text ~!"},
           Row{"caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80",
               "caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80"},
           Row{"two\nlines\r\n", "two lines  "},
           Row{"\x1b[31mred", " [31mred"},
           Row{"\xc2\x9b"
               "31mred",
               " 31mred"},  // U+009B, the one-character escape sequence
           Row{"\x9b"
               "31mred",
               "?31mred"},  // the same as a raw byte
           Row{"del\x7f.", "del ."},
           Row{std::string("nul\0.", 5), "nul ."},
           Row{"\xc3", "?"},
           Row{"\xe2\x82", "??"},
           Row{"\xc0\x8a", "??"},  // overlong newline
           Row{"\xe0\x80\x8a", "???"},
           Row{"\xed\xa0\x80", "???"},       // a surrogate
           Row{"\xf4\x90\x80\x80", "????"},  // past U+10FFFF
           Row{"\xc2\xa0", "\xc2\xa0"},
           Row{"", ""},
       })
    CHECK(Printable(row.text) == row.shown);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::printable_test
