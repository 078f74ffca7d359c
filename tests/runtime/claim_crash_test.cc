// Killed at any system call between the poll that brings the claim and the certificate, and started
// again: the node ends with a working identity.
#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "enroll/node_api.h"
#include "enroll/pki_store.h"
#include "runtime/join.h"
#include "tests/platform/fixture.h"
#include "tests/support/cut_child.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::claim_crash_test {
namespace {

using powernode::testing::CutEverywhere;
using powernode::testing::RunCutAt;
using Plane = platform::Fixture;

// A device with one network card that knows its platform and nothing else.
struct Device {
  Device(const Plane& plane, std::size_t number) {
    const std::string hex = std::to_string(100'000 + number);
    mac = "52:54:00:" + hex.substr(0, 2) + ":" + hex.substr(2, 2) + ":" + hex.substr(4, 2);
    Put("/etc/powernode/platform-ca.pem", plane.CaPem());
    Put("/etc/identity.cfg", "SERVER=" + plane.Url() + "\n");
    const std::string card = "/sys/devices/pci0000:00/0000:00:03.0/net/eth0";
    Put(card + "/address", mac + "\n");
    Put(card + "/type", "1\n");
    REQUIRE(Symlink("../..", paths.root + card + "/device"));
    REQUIRE(MakeDirectories(paths.network_devices, 0755));
    REQUIRE(Symlink(paths.root + card, paths.network_devices + "/eth0"));
  }

  void Put(const std::string& name, const std::string& text) {
    const std::string path = paths.root + name;
    REQUIRE(MakeDirectories(DirectoryOf(path), 0755));
    REQUIRE(WriteFile(path, text, 0644));
  }
  JoinAttempt Join() { return JoinOnce({.paths = paths, .claim = true}, SystemClock(), {}); }

  powernode::testing::TemporaryDirectory root;
  Paths paths = Paths::Below(root.path().string());
  std::string mac;
};

TEST_SUITE_BEGIN("killed at any call");

TEST_CASE("claim") {
  Plane plane;
  plane.Verb({"set", "--claims-per-minute", "1000000"});
  CutEverywhere([&](std::size_t cut) {
    const std::string name = "n" + std::to_string(cut);
    const platform::FixtureNode row = plane.AddNode(name);
    Device device(plane, cut);
    CHECK(device.Join().outcome.error().code() == "claim_pending");
    plane.Verb({"claim", "confirm", device.mac, name});
    const std::optional<int> ended = RunCutAt(cut, [&] { return device.Join().outcome ? 0 : 1; });

    Result<Joined> joined = device.Join().outcome;
    REQUIRE_MESSAGE(joined.ok(), joined.error().message());
    CHECK(joined->credentials->instance_id == row.id);
    enroll::Session session(joined->credentials, enroll::CurlTransports(), SystemClock());
    const Result<enroll::NodeStatus> status = enroll::NodeApi(session).GetStatus({});
    REQUIRE_MESSAGE(status.ok(), status.error().message());
    CHECK(enroll::PkiStore(device.paths.pki).Load(SystemClock().UnixSeconds()).findings.empty());
    CHECK(plane.StatusOf(name).at("certificates").size() == 1);
    return ended;
  });
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::runtime::claim_crash_test
