// Invariant: a resolver's text has only `search` and `nameserver` lines of one word, and at least
// one server; or it is empty.
#include <string>

#include "runtime/root_files.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  const std::string text = runtime::ResolverFromNetConf(fuzz::TextOf(data, size));
  std::string_view rest = text;
  std::size_t servers = 0;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    fuzz::Require(line.size() < rest.size(), "every line ends");
    rest.remove_prefix(line.size() + 1);
    const std::string_view value = line.substr(line.find(' ') + 1);
    fuzz::Require(line.starts_with("nameserver ") || line.starts_with("search "),
                  "a line is one of two kinds");
    fuzz::Require(!value.empty() && value.find(' ') == value.npos && !fuzz::HasControl(value),
                  "and has one word");
    if (line.starts_with("nameserver ")) ++servers;
  }
  fuzz::Require(text.empty() || servers > 0, "there is a server");
  return 0;
}
