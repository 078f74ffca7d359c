// The in-toto statement inside of a verified envelope (signatures.md, section 7.3): which artifacts
// it speaks of, and what kind of thing it says. Only bytes that were under the signature may be
// given to ParseStatement.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/json.h"
#include "agent/base/result.h"
#include "verify/sigstore/artifact.h"

namespace powernode::verify::sigstore {

inline constexpr std::string_view kStatementPayloadType = "application/vnd.in-toto+json";

struct Subject {
  std::string name;                            // may be empty; never compared
  std::map<std::string, std::string> digests;  // algorithm -> text as written
};

struct Statement {
  std::string type;
  std::string predicate_type;
  std::vector<Subject> subjects;  // 1 to 1024
  Json predicate;                 // not interpreted here
};

// kRefuted, stages "statement" and "subject".
Result<Statement> ParseStatement(std::string_view payload);

// Holds when some subject has one of the artifact's digests, in lower case, under the name of that
// algorithm. kRefuted "subject" also when no subject has a digest that the artifact is known by.
Status CheckSubject(const Statement& statement, const Artifact& artifact);

}  // namespace powernode::verify::sigstore
