#include "runtime/unit_file.h"

#include "agent/base/sha256.h"
#include "runtime/unit_value.h"

namespace powernode::runtime {
namespace {

constexpr std::string_view kMarkerPrefix = "# powernode-unit v1 ";
constexpr std::size_t kMaxName = 200;

std::string_view RestartValue(enroll::RestartPolicy policy) {
  switch (policy) {
    case enroll::RestartPolicy::kAlways:
      return "always";
    case enroll::RestartPolicy::kOnFailure:
      return "on-failure";
    case enroll::RestartPolicy::kNever:
      return "no";
  }
  return "always";
}

Result<std::string> UnitSection(const UnitContext& context, const enroll::Service& service) {
  ASSIGN_OR_RETURN(const std::string title,
                   UnitText("name", context.module_name + ": " + service.name));
  std::string after = "network-online.target";
  std::string wants = "network-online.target";
  std::string requires_line;
  for (const enroll::ServiceDependency& dependency : service.dependencies) {
    const std::string unit = UnitName(context.module_id, dependency.service);
    after += " " + unit;
    switch (dependency.kind) {
      case enroll::DependencyKind::kStartBefore:
        break;
      case enroll::DependencyKind::kRequiresHealth:
        requires_line += (requires_line.empty() ? "" : " ") + unit;
        break;
      case enroll::DependencyKind::kSoft:
        wants += " " + unit;
        break;
    }
  }
  std::string text =
      "[Unit]\nDescription=powernode " + title + "\nAfter=" + after + "\nWants=" + wants + "\n";
  if (!requires_line.empty()) text += "Requires=" + requires_line + "\n";
  return text + "StartLimitIntervalSec=0\n";
}

// A service that fails again and again is tried more and more rarely, where systemd can.
std::string RestartLines(enroll::RestartPolicy policy, unsigned systemd_version) {
  constexpr unsigned kKnowsSteps = 254;
  std::string text = "Restart=" + std::string(RestartValue(policy)) + "\nRestartSec=5s\n";
  if (systemd_version >= kKnowsSteps) text += "RestartSteps=6\nRestartMaxDelaySec=5min\n";
  return text;
}

Result<std::string> ServiceSection(const UnitContext& context, const enroll::Service& service,
                                   const Confinement& confinement) {
  ASSIGN_OR_RETURN(const std::string start, UnitCommand("start_command", service.start_command));
  std::string text = "[Service]\nType=exec\n";
  if (!service.user.empty()) {
    ASSIGN_OR_RETURN(const std::string user, UnitUser(service.user));
    text += "User=" + user + "\n";
  }
  if (!service.working_directory.empty()) {
    ASSIGN_OR_RETURN(const std::string directory,
                     UnitDirectory("working_directory", service.working_directory));
    text += "WorkingDirectory=" + directory + "\n";
  }
  for (const auto& [key, value] : service.env) {
    ASSIGN_OR_RETURN(const std::string assignment, UnitEnvironment(key, value));
    text += "Environment=" + assignment + "\n";
  }
  text += "ExecStart=" + start + "\n";
  if (!service.stop_command.empty()) {
    ASSIGN_OR_RETURN(const std::string stop, UnitCommand("stop_command", service.stop_command));
    text += "ExecStop=" + stop + "\n";
  }
  text += RestartLines(service.restart_policy, context.surroundings.systemd_version);
  text += confinement.directives;
  if (const std::string& root = context.surroundings.root_directory; !root.empty())
    text += "RootDirectory=" + root + "\nMountAPIVFS=yes\nBindReadOnlyPaths=-/etc/resolv.conf\n";
  return text;
}

}  // namespace

std::string UnitName(std::string_view module_id, std::string_view service) {
  return "powernode-" + std::string(module_id) + "-" + std::string(service) + ".service";
}

Result<UnitFile> RenderUnit(const UnitContext& context, const enroll::Service& service,
                            const enroll::ModuleSecurity& security) {
  UnitFile file{.name = UnitName(context.module_id, service.name),
                .module_id = context.module_id,
                .service = service.name,
                .content = "",
                .body_sha256 = "",
                .notes = {}};
  const auto render = [&]() -> Result<std::string> {
    if (file.name.size() > kMaxName) return UnitRefused("name", "the unit's name is too long");
    ASSIGN_OR_RETURN(const std::string unit, UnitSection(context, service));
    ASSIGN_OR_RETURN(Confinement confinement, Confine(context.surroundings, service, security));
    ASSIGN_OR_RETURN(const std::string section, ServiceSection(context, service, confinement));
    file.notes = std::move(confinement.notes);
    return unit + "\n" + section + "\n[Install]\nWantedBy=multi-user.target\n";
  };
  ASSIGN_OR_RETURN_CONTEXT(const std::string body, render(), "service " + service.name);
  file.body_sha256 = Sha256Hex(body);
  file.content = std::string(kMarkerPrefix) + "module=" + context.module_id +
                 " digest=" + context.digest + " body=" + file.body_sha256 + "\n" + body;
  return file;
}

std::string_view UnitMarker(std::string_view content) {
  if (!content.starts_with(kMarkerPrefix)) return {};
  return content.substr(0, content.find('\n'));
}

}  // namespace powernode::runtime
