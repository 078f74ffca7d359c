// Makes a composed root this node's own before the switch (node-files.md §9.3, stages 9 and 12):
// resolver, host name, machine id, SSH host keys, the modules' accounts and units and the agent's,
// and the persist file system inside it. Each part is independent: one that fails is a finding and
// does not stop the others (RT-13).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "runtime/composition.h"
#include "verify/policy_words.h"

namespace powernode::runtime {

struct RootRenderRequest {
  const Paths& paths;  // of the initramfs: its /run moves into the new root
  std::string root;    // where the new root is mounted
  const Composition& composition;
  std::string resolver;                     // resolv.conf text, may be empty
  std::optional<verify::TrustMode> verify;  // the setting: see ObserveSurroundings
};

struct RootRendering {
  std::vector<std::string> findings;
  bool incomplete = false;  // a service of the set is missing
};

// Where the name that the platform gave this node is kept, for the next boot.
std::string KeptHostNamePath(const Paths& paths);

RootRendering RenderRoot(const RootRenderRequest& request);

// Binds `persist` into the new root at the same path, so that the running system sees it there.
Status BindPersist(const std::string& persist, const std::string& root);

// A valid RFC 1123 host name, or "".
std::string CheckedHostName(std::string_view text);

}  // namespace powernode::runtime
