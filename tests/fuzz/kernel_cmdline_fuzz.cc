// Invariant: whatever else stands on the command line, each value that is taken is a valid one, and
// no message shows the token.
#include "identity/kernel_cmdline.h"

#include <string>

#include "agent/base/url.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  const std::string_view text = fuzz::TextOf(data, size);
  std::size_t total = 0;
  for (const auto& [key, value] : identity::SplitCommandLine(text)) {
    fuzz::Require(key.find_first_of("=") == std::string::npos, "a key ends at the first =");
    total += key.size() + value.size();
  }
  fuzz::Require(total <= size, "nothing is there that was not given");

  constexpr std::string_view kToken = "q7Zr0bN4-the-secret";
  if (text.find(kToken) != text.npos) return 0;
  for (const std::string& line :
       {"powernode.bootstrap_token=" + std::string(kToken) + " " + std::string(text),
        std::string(text) + " powernode.bootstrap_token=" + std::string(kToken)}) {
    const identity::Record record = identity::ParseKernelCommandLine(line);
    const std::string masked = identity::MaskCommandLine(line);
    fuzz::Require(masked.find(kToken) == std::string::npos, "no token stands in the masked line");
    fuzz::Require(identity::MaskCommandLine(masked) == masked, "masking twice is masking once");
    if (record.instance_uuid)
      fuzz::Require(IsPathId(*record.instance_uuid), "an instance id may stand in a path");
    if (record.platform)
      fuzz::Require(ParseOrigin(record.platform->ToString()).ok(), "a platform is an origin");
    if (record.instance_name) fuzz::Require(!record.instance_name->empty(), "a name is not empty");
    if (record.bootstrap_token)
      fuzz::Require(!fuzz::HasControl(record.bootstrap_token->Reveal()),
                    "a token can stand in a header");
    for (const Error& problem : record.problems) {
      fuzz::Require(problem.message().find(kToken) == std::string::npos,
                    "no message shows the token");
      fuzz::Require(!fuzz::HasControl(problem.message()), "a message is one line");
    }
  }
  return 0;
}
