#include "runtime/unit_surroundings.h"

#include <algorithm>
#include <charconv>

#include "agent/base/files.h"
#include "runtime/unit_value.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxBytes = 64 * 1024;

// systemd has its version in the name of the library that its programs share.
unsigned SystemdVersion(const std::string& root) {
  constexpr std::string_view kLibrary = "libsystemd-shared-";
  for (const char* directory :
       {"/usr/lib/systemd", "/usr/lib64/systemd", "/usr/lib/x86_64-linux-gnu/systemd",
        "/usr/lib/aarch64-linux-gnu/systemd"}) {
    const Result<std::vector<std::string>> names = ListDirectory(root + directory);
    if (!names) continue;
    for (const std::string& name : *names) {
      unsigned version = 0;
      if (name.starts_with(kLibrary))
        std::from_chars(name.data() + kLibrary.size(), name.data() + name.size(), version);
      if (version > 0) return version;
    }
  }
  return 0;
}

std::vector<std::string> ServersOf(std::string_view resolver) {
  std::vector<std::string> servers;
  while (!resolver.empty()) {
    std::string_view line = resolver.substr(0, resolver.find('\n'));
    resolver.remove_prefix(std::min(resolver.size(), line.size() + 1));
    if (!line.starts_with("nameserver ")) continue;
    line.remove_prefix(line.find(' ') + 1);
    const std::string server(line.substr(0, line.find_first_of(" %\t\r")));  // %: of one interface
    if (IsNetwork(server)) servers.push_back(server);
  }
  return servers;
}

}  // namespace

UnitSurroundings ObserveSurroundings(const Paths& paths, const std::string& system_root,
                                     std::string_view resolver,
                                     std::optional<verify::TrustMode> verify) {
  const Result<std::string> apparmor =
      ReadFile(paths.root + "/sys/module/apparmor/parameters/enabled", 16);
  const Result<std::string> filesystems = ReadFile(paths.filesystems, kMaxBytes);
  return {.root_directory = "",
          .systemd_version = SystemdVersion(system_root),
          .resolvers = ServersOf(resolver),
          .has_apparmor = apparmor && apparmor->starts_with('Y'),
          .has_selinux = filesystems && filesystems->find("selinuxfs") != std::string::npos,
          .profiles = verify.value_or(verify::TrustMode::kEnforce) == verify::TrustMode::kEnforce
                          ? ProfileRule::kRefuse
                          : ProfileRule::kReport};
}

}  // namespace powernode::runtime
