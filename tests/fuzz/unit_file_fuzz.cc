// Invariant: whatever texts a service is made of, the unit has only what this agent writes into
// units. The input is those texts one after the other, divided by bytes 0xff, so that no JSON
// stands in the fuzzer's way.
#include "runtime/unit_file.h"

#include <string>

#include "enroll/service.h"
#include "runtime/unit_value.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/rendered_unit.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  std::string_view rest = fuzz::TextOf(data, size);
  const auto next = [&rest] { return std::string(fuzz::TakePart(rest)); };

  enroll::Service service;
  service.name = "web";
  service.start_command = next();
  service.stop_command = next();
  service.user = next();
  service.working_directory = next();
  const std::string module_name = next();
  enroll::ModuleSecurity security;
  if (const std::string capability = next(); !capability.empty())
    security.capabilities = {capability};
  security.seccomp_profile = next();
  security.apparmor_profile = next();
  security.selinux_profile = next();
  if (const std::string network = next(); !network.empty()) {
    security.egress_mode = "deny";
    security.egress_allow = {network};
  }
  while (!rest.empty()) {
    const std::string key = next();
    service.env.emplace_back(key, next());
  }
  const Result<runtime::UnitFile> unit =
      runtime::RenderUnit({.module_id = "m1",
                           .module_name = module_name,
                           .digest = "sha256:00",
                           .surroundings = {.root_directory = "",
                                            .systemd_version = 252,
                                            .resolvers = {},
                                            .has_apparmor = true,
                                            .has_selinux = true}},
                          service, security);
  if (!unit) {
    fuzz::Require(unit.error().code() == "unit_refused", "what is not rendered is refused");
    return 0;
  }
  fuzz::RequireOurUnit(unit->content);
  fuzz::Require(runtime::UnitMarker(unit->content).find("module=m1 ") != std::string_view::npos,
                "the marker names it");
  return 0;
}
