#include "runtime/unit_confinement.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "enroll/answer.h"
#include "runtime/unit_value.h"

namespace powernode::runtime {
namespace {

// systemd.exec(5), SystemCallFilter=, as of systemd 249. A group that systemd does not know would
// only be warned about, and the filter be another one than was asked for.
constexpr std::array<std::string_view, 27> kSyscallGroups = {
    "@aio",     "@basic-io",       "@chown",      "@clock",    "@cpu-emulation", "@debug",
    "@default", "@file-system",    "@io-event",   "@ipc",      "@keyring",       "@memlock",
    "@module",  "@mount",          "@network-io", "@obsolete", "@privileged",    "@process",
    "@raw-io",  "@reboot",         "@resources",  "@setuid",   "@signal",        "@swap",
    "@sync",    "@system-service", "@timer"};

bool IsRoot(const enroll::Service& service) {
  return service.user.empty() || service.user == "root" || service.user == "0";
}

Result<std::string> Capabilities(const enroll::Service& service,
                                 const enroll::ModuleSecurity& security) {
  std::vector<std::string> capabilities = service.capabilities;
  capabilities.insert(capabilities.end(), security.capabilities.begin(),
                      security.capabilities.end());
  std::sort(capabilities.begin(), capabilities.end());
  capabilities.erase(std::unique(capabilities.begin(), capabilities.end()), capabilities.end());
  if (security.privileged) {
    if (!capabilities.empty())
      return UnitRefused("capabilities", "a privileged module names capabilities as well");
    if (!security.seccomp_profile.empty() || !security.selinux_profile.empty() ||
        !security.apparmor_profile.empty())
      return UnitRefused("privileged", "a privileged module names a profile as well");
    return std::string();
  }
  std::string list;
  for (const std::string& capability : capabilities) {
    if (!IsCapability(capability))
      return UnitRefused("capabilities", "unknown capability " + capability);
    list += (list.empty() ? "" : " ") + capability;
  }
  std::string text = "NoNewPrivileges=yes\n";
  if (!list.empty()) {
    text += "CapabilityBoundingSet=" + list + "\n";
    if (!IsRoot(service)) text += "AmbientCapabilities=" + list + "\n";
  } else if (!IsRoot(service)) {
    text += "CapabilityBoundingSet=\n";
  } else {
    // A root service without a list keeps systemd's default minus what changes the kernel itself.
    text += "CapabilityBoundingSet=~CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_BOOT\n";
  }
  return text;
}

// "10.0.0.1:443", "[2001:db8::1]:443" and "example.org:443" without their port.
std::string_view WithoutPort(std::string_view entry) {
  if (entry.starts_with('[')) return entry.substr(1, entry.find(']') - 1);
  const std::size_t colon = entry.find(':');
  return colon == entry.rfind(':') ? entry.substr(0, colon) : entry;
}

void Egress(const UnitSurroundings& surroundings, const enroll::ModuleSecurity& security,
            Confinement& out) {
  if (security.egress_mode == "open") return;
  if (security.egress_mode != "deny") {
    out.notes.push_back({"egress_unspecified",
                         "egress_mode is neither open nor deny: nothing limits whom its services "
                         "reach"});
    return;
  }
  std::string allowed = "localhost";
  for (const std::string& resolver : surroundings.resolvers) allowed += " " + resolver;
  for (const std::string& entry : security.egress_allow) {
    const std::string host(WithoutPort(entry));
    if (!IsNetwork(host)) {
      out.notes.push_back({"egress_name_not_allowed",
                           "egress_allow: \"" + enroll::PrintableText(entry) +
                               "\" is no address: a unit's filter knows only addresses and "
                               "networks, so it stays out of reach"});
      continue;
    }
    if (host != entry)
      out.notes.push_back(
          {"egress_port_not_enforced", "egress_allow: all ports of " + host + " are within reach"});
    allowed += " " + host;
  }
  out.directives += "IPAddressDeny=any\nIPAddressAllow=" + allowed + "\n";
}

// The groups of a profile such as "@system-service @mount"; empty when it is of another kind.
std::string SyscallGroups(std::string_view profile) {
  std::string groups;
  while (!profile.empty()) {
    const std::string_view word = profile.substr(0, profile.find_first_of(" ,"));
    profile.remove_prefix(std::min(profile.size(), word.size() + 1));
    if (word.empty()) continue;
    if (std::find(kSyscallGroups.begin(), kSyscallGroups.end(), word) == kSyscallGroups.end())
      return "";
    groups += (groups.empty() ? "" : " ") + std::string(word);
  }
  return groups;
}

bool IsProfileName(std::string_view name) {
  return name.size() <= 128 && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                  std::string_view("._/:,-").find(c) != std::string_view::npos;
         });
}

Status Profiles(const UnitSurroundings& surroundings, const enroll::ModuleSecurity& security,
                Confinement& out) {
  const bool strict = surroundings.profiles == ProfileRule::kRefuse;
  const auto not_applied = [&](std::string_view field, std::string_view why) -> Status {
    if (strict) return UnitRefused(field, why);
    out.notes.push_back({"profile_not_applied", std::string(field) + ": " + std::string(why)});
    return Ok();
  };
  if (const std::string& seccomp = security.seccomp_profile; !seccomp.empty()) {
    const std::string groups = SyscallGroups(seccomp);
    if (groups.empty())
      RETURN_IF_ERROR(not_applied("seccomp_profile",
                                  "only systemd's own groups of system calls (@system-service) "
                                  "can be applied"));
    else
      out.directives += "SystemCallFilter=" + groups + "\nSystemCallErrorNumber=EPERM\n";
  }
  // A kernel without the one or the other ignores the directive, whatever it says. Where it is
  // there, `-` starts the service although the profile is not loaded.
  const auto named = [&](std::string_view field, const std::string& profile, bool supported,
                         std::string_view directive) -> Status {
    if (profile.empty()) return Ok();
    if (!supported) return not_applied(field, "this kernel does not enforce such profiles");
    if (!IsProfileName(profile)) return not_applied(field, "not the name of a loaded profile");
    out.directives += std::string(directive) + "=" + (strict ? "" : "-") + profile + "\n";
    return Ok();
  };
  RETURN_IF_ERROR(named("selinux_profile", security.selinux_profile, surroundings.has_selinux,
                        "SELinuxContext"));
  return named("apparmor_profile", security.apparmor_profile, surroundings.has_apparmor,
               "AppArmorProfile");
}

}  // namespace

Result<Confinement> Confine(const UnitSurroundings& surroundings, const enroll::Service& service,
                            const enroll::ModuleSecurity& security) {
  Confinement confinement;
  ASSIGN_OR_RETURN(confinement.directives, Capabilities(service, security));
  Egress(surroundings, security, confinement);
  RETURN_IF_ERROR(Profiles(surroundings, security, confinement));
  return confinement;
}

}  // namespace powernode::runtime
