// What this boot composed ($R/composed.json, node-files.md §5.5): written by the composer after the
// mounts are read back and before the switch; read by the running agent. A breadcrumb of another
// boot counts as absent.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "runtime/composition.h"

namespace powernode::runtime {

// Where the modules live (node-files.md §1).
enum class NodeMode { kPivot, kHost, kInitramfs, kRescue };
std::string_view NodeModeName(NodeMode mode);

struct Breadcrumb {
  Composition composition;
  NodeMode mode = NodeMode::kHost;
  std::string boot_id;
  std::vector<std::string> lowers;  // mount points, highest first, as read back from the kernel
  bool incomplete = false;          // something below the union failed: units, accounts
  std::vector<std::string> findings;
};

// The kernel's boot id; kCannotTell when /proc has none.
Result<std::string> BootId(const Paths& paths);

// Writes $R/composed.json and the copy in $S/compose/last-boot.json (the copy's failure is returned
// as a finding text, not as an error: a full persist disk must not stop a boot).
Result<std::optional<std::string>> WriteBreadcrumb(const Paths& paths,
                                                   const Breadcrumb& breadcrumb);

// nullopt when there is none of this boot.
Result<std::optional<Breadcrumb>> ReadBreadcrumb(const Paths& paths);

// §1: pivot when this boot's breadcrumb says so; else initramfs; else host.
NodeMode DeriveMode(const Paths& paths);

}  // namespace powernode::runtime
