// A node that has joined a reference control plane of its own: where the figures of pull and
// service begin.
#pragma once

#include <stdexcept>
#include <string>

#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "enroll/credentials.h"
#include "identity/record.h"
#include "runtime/join.h"
#include "tests/platform/fixture.h"

namespace powernode::bench {

struct JoinedNode {
  explicit JoinedNode(const std::string& root) : paths(Paths::Below(root)) {
    const platform::FixtureNode node = plane.AddNode("bench");
    identity::Record given;
    given.found = true;
    identity::SetInstanceUuid(given, "id", node.id);
    identity::SetPlatformUrl(given, "url", plane.Url());
    identity::SetBootstrapToken(given, "token", Secret(node.token));
    identity::SetCaPem(given, "ca", plane.CaPem());
    runtime::JoinAttempt attempt =
        runtime::JoinOnce({.paths = paths, .sources = {}, .given = given}, SystemClock(), {});
    if (!attempt.outcome) throw std::runtime_error(attempt.outcome.error().message());
    credentials = attempt.outcome->credentials;
  }

  Paths paths;
  platform::Fixture plane;
  enroll::CredentialsPtr credentials;
};

}  // namespace powernode::bench
