// What the platform says about the node itself (node-api.md §14): who may log in, and its name.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "enroll/session.h"

namespace powernode::enroll {

struct AuthorizedKeys {
  std::string user;
  std::vector<std::string> lines;  // as given, without empty ones
};

// kInvalid "bad_answer": no user, or not as many lines as the answer itself counts.
Result<AuthorizedKeys> FetchAuthorizedKeys(Session& session, std::stop_token stop);

// The instance's name, not checked; empty when it has none.
Result<std::string> FetchInstanceName(Session& session, std::stop_token stop);

}  // namespace powernode::enroll
