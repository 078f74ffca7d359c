// Invariant: whatever answers a claim, the wait is between 5 s and 5 min, a code is one that can be
// shown anywhere, what is said is one printable line, and a device counts as claimed only with an
// id that may stand in a path and a token that prints.
#include <string>

#include "agent/base/url.h"
#include "enroll/claim.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  HttpResponse response{
      .status = 200, .headers = {}, .body = std::string(fuzz::TextOf(data, size))};
  const Result<enroll::ClaimAnswer> answer = enroll::ParseClaimAnswer(response);
  if (!answer) {
    fuzz::Require(!fuzz::HasControl(answer.error().message()), "the message is one line");
    return 0;
  }
  fuzz::Require(answer->poll_after.count() >= 5 && answer->poll_after.count() <= 300,
                "the wait is bounded");
  fuzz::Require(answer->code.empty() || answer->code.size() == 8, "a code has eight characters");
  fuzz::Require(
      answer->code.find_first_not_of("ABCDEFGHJKMNPQRSTUVWXYZ2346789") == std::string::npos,
      "a code can be read out");
  fuzz::Require(!fuzz::HasControl(answer->said), "what is said is one line");
  if (!answer->claimed) return 0;
  fuzz::Require(IsPathId(answer->claimed->instance_uuid), "the id may stand in a path");
  const std::string& token = answer->claimed->token.Reveal();
  fuzz::Require(token.size() >= 16 && token.size() <= 512 && !fuzz::HasControl(token),
                "the token is one");
  return 0;
}
