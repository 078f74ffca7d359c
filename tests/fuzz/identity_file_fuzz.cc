// Invariant: the same as for the command line; and the file named for the CA is asked for by the
// name that stands there, and its content, whatever it is, gives a CA or a problem.
#include "identity/identity_file.h"

#include <string>

#include "agent/base/url.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  std::string_view rest = fuzz::TextOf(data, size);
  const std::string_view text = fuzz::TakePart(rest);
  const std::string ca_file(rest);
  constexpr std::string_view kToken = "q7Zr0bN4-the-secret";
  if (text.find(kToken) != text.npos) return 0;
  const identity::Record record = identity::ParseIdentityFile(
      "KEY=" + std::string(kToken) + "\n" + std::string(text),
      [&](const std::string& name) -> Result<std::string> {
        fuzz::Require(text.find(name) != text.npos, "the name stands in the file");
        return ca_file;
      });
  fuzz::Require(record.found, "a file that was read was found");
  if (record.instance_uuid)
    fuzz::Require(IsPathId(*record.instance_uuid), "an instance id may stand in a path");
  if (record.platform)
    fuzz::Require(ParseOrigin(record.platform->ToString()).ok(), "a platform is an origin");
  if (record.ca_pem)
    fuzz::Require(record.ca_pem->starts_with("-----BEGIN CERTIFICATE-----\n"), "a CA is PEM");
  for (const Error& problem : record.problems) {
    fuzz::Require(problem.message().find(kToken) == std::string::npos,
                  "no message shows the token");
    fuzz::Require(!fuzz::HasControl(problem.message()), "a message is one line");
  }
  return 0;
}
