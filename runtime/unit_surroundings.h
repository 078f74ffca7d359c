// What the units of one root have in common: where they live, what their service manager and kernel
// understand, which resolvers they ask. Looked at from outside the root, so that a boot can do it
// before anything in there runs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/paths.h"
#include "verify/policy_words.h"

namespace powernode::runtime {

// What becomes of a service whose seccomp, SELinux or AppArmor profile cannot be applied
// (node-files.md §12.2).
enum class ProfileRule {
  kRefuse,  // it is not started
  kReport,  // it is started without, and a finding says so
};

struct UnitSurroundings {
  std::string root_directory;    // host mode: the union; empty: the system's own root
  unsigned systemd_version = 0;  // 0: not known
  std::vector<std::string> resolvers;
  bool has_apparmor = false;
  bool has_selinux = false;
  ProfileRule profiles = ProfileRule::kRefuse;
};

// Of units for the service manager whose files are below `system_root`. `resolver` is resolv.conf
// text, `verify` the setting of that name: what is only audited there is only reported here.
// `root_directory` is the caller's to fill in.
UnitSurroundings ObserveSurroundings(const Paths& paths, const std::string& system_root,
                                     std::string_view resolver,
                                     std::optional<verify::TrustMode> verify);

}  // namespace powernode::runtime
