// What holds for each record, whichever bytes it was made of.
#pragma once

#include <string_view>

#include "agent/base/url.h"
#include "identity/record.h"
#include "tests/fuzz/fuzz_input.h"

namespace powernode::fuzz {

// `token`: a secret that stood in the input where a token does, and may stand in no message.
inline void RequireValidRecord(const identity::Record& record, std::string_view token = {}) {
  if (record.instance_uuid)
    Require(IsPathId(*record.instance_uuid), "an instance id may stand in a path");
  if (record.platform)
    Require(ParseOrigin(record.platform->ToString()).ok(), "a platform is an origin");
  if (record.ca_pem)
    Require(record.ca_pem->starts_with("-----BEGIN CERTIFICATE-----\n"), "a CA is PEM");
  if (record.bootstrap_token)
    Require(!HasControl(record.bootstrap_token->Reveal()), "a token can stand in a header");
  if (record.instance_name) Require(!record.instance_name->empty(), "a name is not empty");
  if (!record.found) Require(record.Summary().empty(), "a source that is not there says nothing");
  Require(!HasControl(record.note), "a note is one line");
  for (const Error& problem : record.problems) {
    Require(token.empty() || problem.message().find(token) == std::string::npos,
            "no message shows the token");
    Require(!HasControl(problem.message()), "a message is one line");
  }
}

}  // namespace powernode::fuzz
