// A change of the union in host mode: real images and mounts, and a service manager that only
// remembers what it was asked to do.

#include "runtime/host_union.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <algorithm>
#include <set>

#include "agent/base/encoding.h"
#include "agent/base/files.h"
#include "agent/base/sha256.h"
#include "agent/base/syscalls.h"
#include "mount/blob_store.h"
#include "runtime/module_units.h"
#include "runtime/reconcile.h"
#include "runtime/remove_union.h"
#include "runtime/unit_file.h"
#include "tests/enroll/scripted_platform.h"
#include "tests/mount/test_node.h"

namespace powernode::runtime::host_union_test {
namespace {

using powernode::testing::Content;
using powernode::testing::TestNode;

// systemctl, as far as the agent uses it. A unit in `broken` dies as soon as it is started.
class ScriptedSystemctl : public ProcessRunner {
 public:
  Result<ProcessOutcome> Run(const std::vector<std::string>& argv, std::chrono::milliseconds,
                             std::stop_token) override {
    const std::string& verb = argv[1];
    const auto dashes = std::ranges::find(argv, "--");
    const std::vector<std::string> units(dashes == argv.end() ? dashes : dashes + 1, argv.end());
    if (verb == "show") return ProcessOutcome{.exit_code = 0, .output = Show(units)};
    for (const std::string& unit : units) {
      if (verb == "start" && active_.insert(unit).second) started.push_back(unit);
      if (verb == "stop" && active_.erase(unit) > 0) stopped.push_back(unit);
      if (broken.contains(unit)) active_.erase(unit);
    }
    return ProcessOutcome{};
  }

  bool IsActive(const std::string& unit) const { return active_.contains(unit); }
  void Forget() {
    started.clear();
    stopped.clear();
  }

  std::vector<std::string> started;
  std::vector<std::string> stopped;
  std::set<std::string> broken;

 private:
  std::string Show(const std::vector<std::string>& units) const {
    std::string text;
    for (const std::string& unit : units)
      text += "Id=" + unit + "\nActiveState=" + (active_.contains(unit) ? "active" : "activating") +
              "\nSubState=" + (active_.contains(unit) ? "running" : "auto-restart") +
              "\nNRestarts=0\n\n";
    return text;
  }

  std::set<std::string> active_;
};

class HostNode : public TestNode {
 public:
  HostNode()
      : systemd_(systemctl),
        supply_(paths(), signer_.Policy(), 0, nullptr, clock),
        features_(mount::ProbeKernelFeatures()) {
    REQUIRE(supply_.Prepare().ok());
    REQUIRE(MakeDirectories(paths().unit_directory, 0755).ok());
  }

  // A module with one service, whose image holds one file; it is in the store, signed.
  ComposedModule Module(const std::string& id, std::int64_t priority, const std::string& content) {
    const std::string image = MakeImage({{"etc/" + id, content}});
    const std::string bytes = ReadFile(image, 16 * 1024 * 1024).value();
    const verify::BlobDigest digest =
        verify::BlobDigest::Parse("sha256:" + Sha256Hex(bytes)).value();
    const mount::BlobStore store(paths(), 0);
    REQUIRE(WriteFile(store.PathOf(digest), bytes, 0644).ok());
    REQUIRE(store.WriteSignature(digest, signer_.Sign(digest)).ok());
    ComposedModule module{.id = id,
                          .name = id,
                          .digest = digest.ToString(),
                          .size = bytes.size(),
                          .effective_priority = priority};
    const Json service = {
        {"name", "server"}, {"start_command", "/usr/bin/server"}, {"env", {{"TITLE", "first"}}}};
    module.manifest = {{"id", id}, {"name", id}, {"digest", module.digest}};
    module.manifest["services"] = Json::array({service});
    module.manifest_sha256 = Sha256Hex(DumpJson(module.manifest));
    return module;
  }

  Result<HostChange> Apply(std::vector<ComposedModule> modules) {
    Composition wanted{.modules = std::move(modules), .revision = 1};
    SortLowToHigh(wanted.modules);
    return ApplyHostUnion({.paths = paths(),
                           .features = features_,
                           .supply = supply_,
                           .systemd = &systemd_,
                           .scratch_mib = 16,
                           .clock = clock},
                          std::move(wanted), Network::kForbid, {});
  }

  Status Remove() { return RemoveUnion(paths(), &systemd_); }

  std::string InUnion(const std::string& name) const {
    return Content(JoinPath(paths().union_root, name));
  }
  std::string Unit(const std::string& id) const {
    return Content(JoinPath(paths().unit_directory, UnitName(id, "server")));
  }

  ScriptedSystemctl systemctl;
  enroll::testing::StandingClock clock{1'800'000'000};

 private:
  powernode::testing::Signer signer_;
  Systemd systemd_;
  ModuleSupply supply_;
  mount::KernelFeatures features_;
};

const std::string kWeb = UnitName("web", "server");
const std::string kBase = UnitName("base", "server");

}  // namespace

TEST_SUITE("host union") {
  TEST_CASE("only the units of a changed module restart, and others run on") {
    HostNode node;
    const ComposedModule base = node.Module("base", 10, "base");
    REQUIRE(node.Apply({base, node.Module("web", 20, "old")}).ok());
    CHECK(node.systemctl.started == std::vector{kBase, kWeb});
    node.systemctl.Forget();

    const Result<HostChange> changed = node.Apply({base, node.Module("web", 20, "new")});
    REQUIRE_MESSAGE(changed.ok(), changed.error().message());
    CHECK(node.InUnion("etc/web") == "new");
    CHECK(node.systemctl.stopped == std::vector{kWeb});
    CHECK(node.systemctl.started == std::vector{kWeb});
    CHECK(changed->breadcrumb.findings.empty());
  }

  TEST_CASE("other settings restart the unit and leave the union as it is") {
    HostNode node;
    const ComposedModule base = node.Module("base", 10, "base");
    ComposedModule web = node.Module("web", 20, "same");
    REQUIRE(node.Apply({base, web}).ok());
    node.systemctl.Forget();
    const std::string mounts = powernode::testing::MountInfo();
    web.manifest["services"][0]["env"]["TITLE"] = "second";
    REQUIRE(node.Apply({base, web}).ok());
    CHECK(node.Unit("web").find("TITLE=second") != std::string::npos);
    CHECK(node.systemctl.stopped == std::vector{kWeb});
    CHECK(node.systemctl.started == std::vector{kWeb});
    CHECK(powernode::testing::MountInfo() == mounts);
  }

  TEST_CASE("a module that goes takes its unit along, one that comes brings it") {
    HostNode node;
    const ComposedModule base = node.Module("base", 10, "base");
    REQUIRE(node.Apply({base}).ok());
    REQUIRE(node.Apply({base, node.Module("web", 20, "web")}).ok());
    CHECK(node.systemctl.IsActive(kWeb));
    CHECK(node.InUnion("etc/web") == "web");
    node.systemctl.Forget();
    REQUIRE(node.Apply({base}).ok());
    CHECK(node.systemctl.stopped == std::vector{kWeb});
    CHECK(node.systemctl.started.empty());
    CHECK(node.Unit("web").empty());
    CHECK(node.InUnion("etc/web").empty());
  }

  TEST_CASE("a unit that ran and does not come back takes the whole change back") {
    HostNode node;
    const ComposedModule base = node.Module("base", 10, "base");
    const ComposedModule old = node.Module("web", 20, "old");
    REQUIRE(node.Apply({base, old}).ok());
    REQUIRE(WriteFile(JoinPath(node.paths().union_root, "written"), "kept", 0644).ok());
    const std::string unit = node.Unit("web");
    const std::string breadcrumb = Content(node.paths().composed);
    const std::size_t loops = node.LoopDevices().size();

    node.systemctl.broken.insert(kWeb);
    const ComposedModule extra = node.Module("extra", 30, "extra");
    const Result<HostChange> changed = node.Apply({base, node.Module("web", 20, "new"), extra});
    node.systemctl.broken.clear();
    REQUIRE_FALSE(changed.ok());
    CHECK(changed.error().code() == "unit_did_not_come_back");
    CHECK(changed.error().message().find(kWeb) != std::string::npos);
    CHECK(changed.error().message().find("the former set is back") != std::string::npos);
    CHECK(node.InUnion("etc/web") == "old");
    CHECK(node.InUnion("written") == "kept");
    CHECK(node.InUnion("etc/extra").empty());
    CHECK(node.Unit("web") == unit);
    CHECK(node.Unit("extra").empty());
    CHECK(Content(node.paths().composed) == breadcrumb);
    CHECK(node.LoopDevices().size() == loops);
    CHECK(node.systemctl.IsActive(kBase));
    CHECK_FALSE(node.systemctl.IsActive(UnitName("extra", "server")));
  }

  TEST_CASE("a unit that did not run before is no reason to take a change back") {
    HostNode node;
    const ComposedModule base = node.Module("base", 10, "base");
    node.systemctl.broken.insert(kWeb);
    REQUIRE(node.Apply({base, node.Module("web", 20, "old")}).ok());
    const Result<HostChange> changed = node.Apply({base, node.Module("web", 20, "new")});
    CHECK(changed.ok());
    CHECK(node.InUnion("etc/web") == "new");
  }

  TEST_CASE("removed, nothing of it is left; while somebody works in it, it stays and runs") {
    HostNode node;
    const std::string mounts = powernode::testing::MountInfo();
    const ComposedModule base = node.Module("base", 10, "base");
    REQUIRE(node.Apply({base, node.Module("web", 20, "old")}).ok());
    REQUIRE(node.Apply({base, node.Module("web", 20, "new")}).ok());
    {
      const Result<Fd> working = Open(JoinPath(node.paths().union_root, "etc/base"), O_RDONLY);
      REQUIRE(working.ok());
      const Status removed = node.Remove();
      REQUIRE_FALSE(removed);
      CHECK(removed.error().code() == "mount_in_use");
    }
    CHECK(node.InUnion("etc/web") == "new");
    CHECK_FALSE(node.Unit("web").empty());
    CHECK(node.systemctl.IsActive(kBase));
    CHECK(node.systemctl.IsActive(kWeb));

    const Status removed = node.Remove();
    REQUIRE_MESSAGE(removed, removed.error().message());
    CHECK_FALSE(node.systemctl.IsActive(kWeb));
    CHECK(node.Unit("web").empty());
    CHECK(powernode::testing::MountInfo() == mounts);
    CHECK(node.Remove());
    REQUIRE(node.Apply({base}).ok());
    CHECK(node.InUnion("etc/base") == "base");
  }
}

}  // namespace powernode::runtime::host_union_test
