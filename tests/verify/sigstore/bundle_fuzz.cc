// A bundle against one artifact and one keyless policy of the vectors.
//
// Invariants: a bundle that is good has the signature and the certificate of one of the vectors,
// unaltered; a refusal names a stage and proves nothing; no piece of memory is larger than 16 times
// the input and 1 MiB.
#include <set>
#include <string>
#include <utility>

#include "tests/fuzz/fuzz_input.h"
#include "tests/verify/sigstore/allocation_meter.h"
#include "tests/verify/sigstore/vector_case.h"
#include "verify/sigstore/bundle.h"

namespace {

using namespace powernode::verify::sigstore;
using powernode::fuzz::Require;
using powernode::testing::VectorCase;

constexpr std::string_view kPolicyOf = "lab-ok-v1-uri";

// The case whose policy and artifact all inputs meet, and what its signer is known to have made.
struct Known {
  VectorCase vector;
  std::set<std::pair<std::string, std::string>> made;  // signature and certificate of a vector
};

const Known& TheKnown() {
  static const Known known = [] {
    Known all;
    for (VectorCase& vector : powernode::testing::ReadVectorCases()) {
      if (vector.id == kPolicyOf) all.vector = vector;
      const auto bundle = ParseBundle(vector.material);
      if (bundle && bundle->leaf) all.made.emplace(bundle->signature(), *bundle->leaf);
    }
    Require(!all.vector.id.empty() && !all.made.empty(), "the vectors are there");
    return all;
  }();
  return known;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = powernode::fuzz::TextOf(data, size);
  const Known& known = TheKnown();
  powernode::testing::ResetLargestAllocation();
  const Report report = powernode::testing::Run(known.vector, known.vector.Artifact(), text);
  Require(powernode::testing::LargestAllocation() <= 16 * size + 1024 * 1024,
          "memory is bounded by the input");
  if (report.verdict != Verdict::kOk) {
    Require(!report.stage.empty() && !report.message.empty() && !report.facts,
            "a refusal says where and why, and proves nothing");
    Require(!powernode::fuzz::HasControl(ToLine(report)), "the line is one");
    return 0;
  }
  const auto bundle = ParseBundle(text);
  Require(
      bundle && bundle->leaf && known.made.contains(std::pair(bundle->signature(), *bundle->leaf)),
      "what is good was made by the signer");
  return 0;
}
