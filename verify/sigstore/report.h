// The outcome of a verification, for programs and for people (signatures.md, section 0.1). There
// are three, and two of them are refusals; a report that nobody filled in is one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/json.h"
#include "agent/base/result.h"
#include "verify/sigstore/facts.h"

namespace powernode::verify::sigstore {

enum class Verdict {
  kOk,             // every check that the policy asks for was made, and held
  kWrong,          // one did not hold
  kCouldNotCheck,  // one could not be made
};

// "ok", "wrong", "could not check".
std::string_view VerdictName(Verdict verdict);

struct Report {
  Verdict verdict = Verdict::kCouldNotCheck;
  std::string stage;           // which check refused; empty when ok
  std::string message;         // why; empty when ok
  std::optional<Facts> facts;  // only when ok

  static Report Of(Result<Facts> outcome);
};

// What a good verdict leaves open (section 14.3): one clause each.
std::vector<std::string> NotProven(const Facts& facts);

OrderedJson ToJson(const Report& report);
// One line without line feed.
std::string ToLine(const Report& report);

}  // namespace powernode::verify::sigstore
