#include "runtime/module_units.h"

#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "runtime/unit_order.h"
#include "tests/runtime/sample.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::module_units_test {
namespace {

using powernode::testing::TemporaryDirectory;
using testing::SampleModule;

enroll::Service Service(const std::string& name, const std::vector<std::string>& after) {
  enroll::Service service;
  service.name = name;
  for (const std::string& other : after)
    service.dependencies.push_back({other, enroll::DependencyKind::kStartBefore});
  return service;
}

std::string Names(const std::vector<enroll::Service>& services) {
  std::string names;
  for (const enroll::Service* service : OrderServices(services).start) names += service->name + " ";
  return names;
}

TEST_SUITE("service order") {
  TEST_CASE("each starts after those it depends on, ties by name, strangers order nothing") {
    CHECK(Names({Service("c", {"b"}), Service("b", {"d", "stranger"}), Service("d", {}),
                 Service("a", {})}) == "a d b c ");
    CHECK(Names({}).empty());
  }

  TEST_CASE("a circle is refused, and what waits for it or is behind it starts") {
    const std::vector<enroll::Service> services = {
        Service("before", {}),         Service("x", {"before", "y"}), Service("y", {"z"}),
        Service("z", {"x"}),           Service("itself", {"itself"}), Service("behind", {"z"}),
        Service("further", {"behind"})};
    CHECK(Names(services) == "before behind further ");
    const std::vector<std::string> refused = OrderServices(services).refused;
    REQUIRE(refused.size() == 4);
    CHECK(refused[0].starts_with("service itself: "));
  }

  TEST_CASE("of two services of one name the first is taken") {
    const ServiceOrder order = OrderServices({Service("a", {}), Service("a", {"a"})});
    CHECK(order.start.size() == 1);
    CHECK(order.refused.size() == 1);
  }
}

TEST_SUITE("module units") {
  TEST_CASE("a dependency on what is not there is left out and said once") {
    ComposedModule module = SampleModule("m", 1);
    module.manifest["services"] = Json::parse(R"([{"name":"bad","start_command":"+/bin/bad"},
                        {"name":"web","start_command":"/bin/web",
                         "dependencies":["bad","stranger",{"service":"first","kind":"softdep"}]},
                        {"name":"first","start_command":"/bin/first"}])");
    const ModuleUnits units = RenderModuleUnits({.modules = {module}}, {});
    REQUIRE(units.units.size() == 2);
    CHECK(units.units[0].service == "first");
    CHECK(units.units[1].content.find("powernode-m-bad") == std::string::npos);
    CHECK(units.units[1].content.find("Wants=network-online.target powernode-m-first.service") !=
          std::string::npos);
    CHECK(units.refused.size() == 1);
    std::string codes;
    for (const UnitFinding& finding : units.findings)
      codes += finding.subject + " " + finding.code + ";";
    CHECK(codes ==
          "module module-m unit_refused;module module-m egress_unspecified;"
          "module module-m unknown_dependency;");
  }
}

TEST_SUITE("unit surroundings") {
  TEST_CASE("are read from the root, the resolver's text and the kernel") {
    const TemporaryDirectory root;
    const Paths paths = Paths::Below(root.path().string());
    UnitSurroundings seen = ObserveSurroundings(paths, paths.root, "", std::nullopt);
    CHECK(seen.systemd_version == 0);
    CHECK_FALSE(seen.has_apparmor);
    CHECK(seen.profiles == ProfileRule::kRefuse);
    REQUIRE(MakeDirectories(paths.root + "/usr/lib/x86_64-linux-gnu/systemd", 0755));
    REQUIRE(WriteFile(paths.root + "/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-257.9.so",
                      "", 0644));
    REQUIRE(MakeDirectories(paths.root + "/sys/module/apparmor/parameters", 0755));
    REQUIRE(WriteFile(paths.root + "/sys/module/apparmor/parameters/enabled", "Y\n", 0444));
    seen = ObserveSurroundings(paths, paths.root,
                               "search a\nnameserver 10.0.2.3\nnameserver fe80::1%eth0\n"
                               "nameserver any\noptions x",
                               verify::TrustMode::kAudit);
    CHECK(seen.systemd_version == 257);
    CHECK(seen.has_apparmor);
    CHECK(seen.resolvers == std::vector<std::string>{"10.0.2.3", "fe80::1"});
    CHECK(seen.profiles == ProfileRule::kReport);
  }
}

}  // namespace
}  // namespace powernode::runtime::module_units_test
