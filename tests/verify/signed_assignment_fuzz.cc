// Invariant: what nobody signed is no assignment; a signed payload is refused as
// assignment_rejected, or is one that names each module once, by an id that may stand in a path and
// by a digest.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "agent/base/json.h"
#include "agent/base/url.h"
#include "tests/verify/signer.h"
#include "verify/signed_assignment.h"

namespace {

constexpr std::int64_t kNow = 1'800'000'000;
constexpr std::string_view kType = "application/vnd.powernode.assignment.v1+json";

void Require(bool held) {
  if (!held) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  using namespace powernode::verify;
  static powernode::testing::Signer owner;
  static const Policy policy = Policy::BuiltIn(owner.Trust());
  const std::string text(reinterpret_cast<const char*>(data), size);
  Require(!OpenSignedAssignment(text, policy, "n1", kNow).ok());
  const Result<SignedAssignment> assignment =
      OpenSignedAssignment(owner.SignEnvelope(kType, text), policy, "n1", kNow);
  if (!assignment) {
    Require(assignment.error().code() == "assignment_rejected");
    return 0;
  }
  Require(assignment->revision > 0);
  std::set<std::string> ids;
  for (const AssignedModule& module : assignment->modules)
    Require(IsPathId(module.id) && ids.insert(module.id).second && module.digest.size() == 64);
  return 0;
}
