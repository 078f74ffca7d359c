#include "runtime/init_bottom.h"

#include "agent/base/files.h"
#include "agent/base/version.h"
#include "runtime/agent_unit.h"
#include "runtime/breadcrumb.h"
#include "runtime/carried_image.h"
#include "runtime/persist.h"
#include "runtime/runtime_directory.h"

namespace powernode::runtime {
namespace {

constexpr std::chrono::milliseconds kForPersist{2'000};  // node-files.md §9.4, step 3

}  // namespace

bool WantsInitBottom(const Settings& settings) { return settings.boot && !settings.boot_disabled; }

Status InitBottom(const InitBottomRequest& request, BootConsole& console, Clock& clock,
                  std::stop_token stop) {
  const Paths& paths = request.paths;
  RETURN_IF_ERROR(MountRuntimeDirectory(paths));
  RETURN_IF_ERROR(InstallRunBinary(paths));
  RETURN_IF_ERROR(CarryImage(paths));
  console.Say("kernel",
              "powernode-agent " + std::string(Version()) + ", host mode beside " + request.root);
  for (const std::string& finding : request.settings.findings)
    console.Say("kernel", "note: " + finding);

  const Persist persist = FindAndMountPersist(paths,
                                              {.wanted = request.settings.persist,
                                               .mount_point = paths.run_persist,
                                               .patience = kForPersist},
                                              clock, stop);
  const bool partition =
      persist.state == PersistState::kDurable || persist.state == PersistState::kReadOnly;
  console.Say("persist",
              partition ? std::string(PersistStateName(persist.state)) + " on " + persist.device
                        : paths.persist_on_root + " on the root (" + persist.detail + ")");
  RETURN_IF_ERROR(InstallAgentUnit(paths, partition ? paths.run_persist : paths.persist_on_root));
  console.Say("switch", "the root is left as it is; powernode-agent.service does the rest");
  if (const Result<std::string> id = BootId(paths)) (void)console.timeline().Write(paths, *id);
  return Ok();
}

}  // namespace powernode::runtime
