#include "runtime/agent_unit.h"

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::runtime {
namespace {

constexpr std::string_view kName = "powernode-agent.service";

// initramfs-hooks/systemd/powernode-agent.service has the same, and says what is missing and why.
constexpr std::string_view kConfinement =
    "CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID "
    "CAP_KILL CAP_LINUX_IMMUTABLE CAP_MKNOD CAP_SETFCAP CAP_SETGID CAP_SETUID CAP_SYS_ADMIN "
    "CAP_SYS_PTRACE CAP_SYS_TIME\n"
    "LockPersonality=yes\n"
    "MemoryDenyWriteExecute=yes\n"
    "NoNewPrivileges=yes\n"
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX\n"
    "RestrictNamespaces=yes\n"
    "RestrictRealtime=yes\n"
    "RestrictSUIDSGID=yes\n"
    "SystemCallArchitectures=native\n"
    "SystemCallErrorNumber=EPERM\n"
    "SystemCallFilter=@system-service @mount @clock sethostname\n";

}  // namespace

std::string RenderAgentUnit(std::string_view program, std::string_view persist) {
  std::string unit =
      "[Unit]\n"
      "Description=powernode agent\n"
      "After=network.target dbus.service\n"
      "StartLimitIntervalSec=0\n"
      "\n"
      "[Service]\n"
      "Type=notify\n"
      "NotifyAccess=main\n";
  unit += "ExecStart=" + std::string(program) + " service\n";
  unit += "ExecReload=/bin/kill -HUP $MAINPID\n";
  unit += "Environment=POWERNODE_PERSIST=" + std::string(persist) + "\n";
  unit +=
      "WatchdogSec=180s\n"
      "Restart=always\n"
      "RestartSec=5s\n"
      "TimeoutStopSec=15s\n"
      "OOMScoreAdjust=-900\n"
      "LimitCORE=0\n"
      "UMask=0022\n";
  unit += kConfinement;
  unit +=
      "\n"
      "[Install]\n"
      "WantedBy=multi-user.target\n";
  return unit;
}

bool IsAgentUnit(std::string_view name) {
  return name == kName || name == "powernode-boot.service";
}

Status InstallAgentUnit(const Paths& paths, std::string_view persist) {
  const std::string wants = paths.unit_directory + "/multi-user.target.wants";
  RETURN_IF_ERROR(MakeDirectories(wants, 0755));
  const std::string unit = paths.unit_directory + "/" + std::string(kName);
  const std::string program = paths.run_binary.substr(paths.root.size());
  RETURN_IF_ERROR(WriteFile(unit, RenderAgentUnit(program, persist), 0644));
  const std::string link = wants + "/" + std::string(kName);
  if (Status linked = Symlink("../" + std::string(kName), link); !linked && !Exists(link))
    return std::move(linked).error();
  return Ok();
}

}  // namespace powernode::runtime
