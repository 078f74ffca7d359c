// Killed at any system call of enrolment and renewal, and started again: the node always ends with
// a working identity, of one key and its certificate, and no token of this control plane is lost.
#include <doctest/doctest.h>

#include "enroll/adopt.h"
#include "enroll/node_api.h"
#include "enroll/refresh.h"
#include "tests/enroll/platform_node.h"
#include "tests/support/cut_child.h"

namespace powernode::enroll::crash_test {
namespace {

using powernode::testing::RunCutAt;
using testing::Plane;
using testing::PlatformNode;

int EnrollOnce(PlatformNode& node) {
  const EnrollAttempt attempt =
      Enroll(node.identity, PersistKind::kDurable, node.store, CurlTransports(), SystemClock(), {});
  return attempt.outcome && !attempt.outcome->not_saved ? 0 : 1;
}

CredentialsPtr Stored(const PlatformNode& node) {
  const PkiStore::Loaded loaded = node.store.Load(SystemClock().UnixSeconds());
  for (const Error& finding : loaded.findings) MESSAGE(finding.message());
  CHECK(loaded.findings.empty());  // a half set, or a key of another certificate, would be one
  return loaded.credentials;
}

int RenewOnce(PlatformNode& node) {
  Session session(node.store.Load(SystemClock().UnixSeconds()).credentials, CurlTransports(),
                  SystemClock());
  const Result<Refreshed> renewed =
      Refresh(session, node.store, CurlTransports(), SystemClock(), {});
  if (!renewed) return 1;
  if (!Adopt(session, renewed->credentials, CurlTransports(), SystemClock(), {})) return 2;
  return node.store.MarkProven(renewed->credentials->generation) ? 0 : 3;
}

void CheckWorks(const PlatformNode& node) {
  const CredentialsPtr credentials = Stored(node);
  REQUIRE(credentials);
  Session session(credentials, CurlTransports(), SystemClock());
  const Result<NodeStatus> status = NodeApi(session).GetStatus({});
  REQUIRE_MESSAGE(status.ok(), status.error().message());
  CHECK(status->instance_id == node.identity.instance_uuid);
}

// Runs `body` for a new node each time, cut before its n-th call for every n.
void CutEverywhere(Plane& plane, const std::function<void(PlatformNode&)>& prepare,
                   const std::function<int(PlatformNode&)>& body,
                   const std::function<void(PlatformNode&)>& start_again) {
  powernode::testing::CutEverywhere([&](std::size_t cut) {
    PlatformNode node(plane, "n" + std::to_string(cut));
    prepare(node);
    const std::optional<int> ended = RunCutAt(cut, [&] { return body(node); });
    start_again(node);
    CheckWorks(node);
    return ended;
  });
}

TEST_SUITE_BEGIN("killed at any call");

TEST_CASE("enrolment") {
  Plane plane;
  CutEverywhere(
      plane, [](PlatformNode&) {}, EnrollOnce,
      [](PlatformNode& node) {
        if (!Stored(node)) CHECK(EnrollOnce(node) == 0);
      });
  // The key was there before the first request: one certificate a node, however often it asked.
  const nlohmann::json status = plane.StatusJson();
  for (const nlohmann::json& node : status.at("nodes")) CHECK(node.at("certificates").size() == 1);
}

TEST_CASE("renewal") {
  Plane plane;
  CutEverywhere(
      plane,
      [](PlatformNode& node) {
        REQUIRE(EnrollOnce(node) == 0);
        REQUIRE(node.store.MarkProven("gen-000001"));
      },
      RenewOnce,
      [](PlatformNode& node) {
        CheckWorks(node);
        CHECK(RenewOnce(node) == 0);
      });
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::enroll::crash_test
