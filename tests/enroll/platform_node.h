// A node of the reference control plane, as the agent's own code is it: from its bootstrap token to
// a session, with a PKI directory of its own.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "enroll/enroll.h"
#include "enroll/pki_store.h"
#include "enroll/session.h"
#include "tests/platform/fixture.h"
#include "tests/support/temporary_directory.h"

namespace powernode::enroll::testing {

using Plane = platform::Fixture;

// One node, from its bootstrap token on.
struct PlatformNode {
  explicit PlatformNode(Plane& plane, const std::string& name = "n1")
      : PlatformNode(plane.AddNode(name), plane) {}
  PlatformNode(const platform::FixtureNode& row, Plane& plane) {
    identity.instance_uuid = row.id;
    identity.platform = *ParseOrigin(plane.Url());
    identity.ca_pem = plane.CaPem();
    identity.bootstrap_token = Secret(row.token);
    identity.instance_uuid_from.source = identity.token_from.source = identity.ca_from.source =
        "fw-cfg";
  }

  EnrollAttempt Try(std::stop_token stop = {}) {
    EnrollAttempt attempt =
        Enroll(identity, PersistKind::kDurable, store, CurlTransports(), SystemClock(), stop);
    if (!attempt.outcome)
      CHECK(attempt.outcome.error().message().find(identity.bootstrap_token->Reveal()) ==
            std::string::npos);
    return attempt;
  }
  Error Fails() {
    EnrollAttempt attempt = Try();
    REQUIRE_FALSE(attempt.outcome.ok());
    return attempt.outcome.error();
  }
  Session MustEnroll() {
    EnrollAttempt attempt = Try();
    if (!attempt.outcome) FAIL(attempt.outcome.error().message());
    return Session(attempt.outcome->credentials, CurlTransports(), SystemClock());
  }

  powernode::testing::TemporaryDirectory root;
  PkiStore store{(root / "pki").string()};
  identity::Identity identity;
};

}  // namespace powernode::enroll::testing
