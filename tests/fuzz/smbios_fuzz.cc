// Invariant: whatever the firmware put into a structure, what comes out of it stood in it, and each
// credential has the name that an equals sign ended.
#include "identity/smbios.h"

#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  const std::string_view text = fuzz::TextOf(data, size);
  std::size_t total = 0;
  for (const auto& [name, value] : identity::SmbiosCredentials(text)) {
    fuzz::Require(name.find_first_of(std::string_view("=\0", 2)) == std::string::npos,
                  "a name ends at the first =");
    fuzz::Require(text.find(name) != text.npos, "the name stands in the structure");
    total += name.size() + value.size();
  }
  fuzz::Require(total <= size, "nothing is there that was not given");
  return 0;
}
