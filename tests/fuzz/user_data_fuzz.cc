// Invariant: any bytes as user data give a record whose values are valid, or none and a note; they
// read no file that they do not name; base64 around them changes nothing of what they say; and no
// message shows the token.
#include "identity/user_data.h"

#include <string>

#include "agent/base/encoding.h"
#include "tests/fuzz/record_invariants.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  constexpr std::string_view kToken = "q7Zr0bN4-the-secret";
  const std::string_view text = fuzz::TextOf(data, size);
  const identity::CaFileReader no_file = [](const std::string&) -> Result<std::string> {
    return Error(ErrorKind::kNotFound, "no_ca_file", "no file here");
  };
  const identity::Record record = identity::ParseUserData(text, no_file);
  fuzz::RequireValidRecord(record);
  fuzz::Require(record.found || !record.note.empty() || !record.problems.empty(),
                "who finds nothing says why");

  const std::string wrapped = Base64Encode(text);
  if (record.found && wrapped.size() <= identity::kMaxUserData && !wrapped.empty()) {
    const identity::Record again = identity::ParseUserData(wrapped, no_file);
    // What was wrapped twice already is not unwrapped a third time.
    if (again.found)
      fuzz::Require(again.instance_uuid == record.instance_uuid &&
                        again.platform == record.platform && again.ca_pem == record.ca_pem,
                    "base64 changes nothing");
  }
  if (text.find("q7Zr0bN4") != text.npos) return 0;
  fuzz::RequireValidRecord(
      identity::ParseUserData("KEY=" + std::string(kToken) + "\n" + std::string(text), no_file),
      kToken);
  fuzz::RequireValidRecord(
      identity::ParseUserData(
          "powernode.bootstrap_token=" + std::string(kToken) + " " + std::string(text), no_file),
      kToken);
  return 0;
}
