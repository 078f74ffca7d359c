// Invariant: a module is refused, or it has an id that may stand in a path and a digest that is
// one; and every unit rendered from it has only what this agent writes into units.
#include "enroll/module_view.h"

#include "agent/base/encoding.h"
#include "agent/base/url.h"
#include "runtime/unit_file.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/rendered_unit.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  const Result<Json> json = ParseJson(fuzz::TextOf(data, size));
  if (!json) return 0;
  const Result<enroll::ModuleView> view = enroll::ParseModuleView(*json);
  if (!view) {
    fuzz::Require(!fuzz::HasControl(view.error().message()), "the message is one line");
    return 0;
  }
  fuzz::Require(IsPathId(view->id) && !view->name.empty(), "it has an id and a name");
  fuzz::Require(!fuzz::HasControl(view->name), "the name is one line");
  fuzz::Require(view->digest.empty() || IsLowerHex(view->digest, 64), "the digest is one");
  fuzz::Require(IsLowerHex(view->manifest_sha256, 64), "the manifest has a digest");
  for (const std::string& note : view->notes)
    fuzz::Require(!fuzz::HasControl(note), "a note is one line");
  for (const enroll::ModuleUser& user : view->users)
    fuzz::Require(user.id > 0 && !fuzz::HasControl(user.home + user.shell + user.name) &&
                      (user.home + user.shell + user.name).find(':') == std::string::npos,
                  "a user is one line of fields");
  for (const enroll::Service& service : view->services) {
    const Result<runtime::UnitFile> unit =
        runtime::RenderUnit({.module_id = view->id,
                             .module_name = view->name,
                             .digest = "sha256:" + view->digest,
                             .surroundings = {.root_directory = "/u",
                                              .systemd_version = 254,
                                              .resolvers = {},
                                              .has_apparmor = true,
                                              .has_selinux = true}},
                            service, view->security);
    if (unit) {
      fuzz::RequireOurUnit(unit->content);
      fuzz::Require(unit->name.find('/') == std::string::npos, "the unit's name is a name");
    } else {
      fuzz::Require(unit.error().code() == "unit_refused",
                    "a service that is not rendered is refused");
    }
  }
  return 0;
}
