// The agent's configuration as one value (node-files.md §3): built-in defaults, the image's
// agent.conf, the operator's on the persist partition, kernel parameters. A line that cannot be
// understood is a finding and keeps the default: configuration never stops the agent.
//
// What weakens verification, or lets the platform do more on this node, is accepted only from the
// image or the kernel command line: the persist partition is the one place an attacker with the
// disk can write.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/paths.h"
#include "enroll/transport.h"
#include "identity/source.h"
#include "verify/policy_words.h"

namespace powernode::runtime {

struct Settings {
  enroll::TransportSettings transport;  // tls_min, proxy
  std::chrono::seconds heartbeat_interval{30};
  std::chrono::seconds reconcile_interval{60};
  std::optional<verify::TrustMode> verify;   // overrides the policy file's
  std::optional<verify::VerityMode> verity;  // likewise
  std::string persist = "auto";              // auto, tmpfs, dir:PATH, LABEL=, UUID=, or a device
  std::chrono::seconds net_wait{30};         // for an address at boot
  identity::SourceSettings sources;          // who this node is
  bool claim = true;                         // ask to be claimed when only the token is missing
  bool last_known_good = true;  // boot the last known good set when the platform does not answer
  std::uint64_t scratch_mib = 512;      // size of the union's writable layer
  std::uint64_t cache_floor_mib = 256;  // free space the cache never uses
  std::uint64_t cache_budget_mib = 0;   // what the cache may take, kept sets aside; 0: no limit
  bool remote_exec = false;             // tasks may run commands
  bool allow_terminate = false;         // a task may power the node off without naming it
  std::vector<std::string> task_units;  // what tasks may start and stop beside the modules' units
  bool ssh_keys = true;                 // keep the platform's block of authorized_keys
  unsigned gate_probes = 3;             // good probes in a row before a set counts as good
  std::chrono::seconds gate_interval{15};
  std::chrono::seconds gate_uptime{60};

  // Kernel parameters without a key in the file.
  bool boot = false;           // powernode.boot=1
  bool boot_disabled = false;  // powernode.boot=0
  bool rescue = false;         // powernode.rescue=1
  bool strict = false;         // powernode.strict=1

  std::string metrics_textfile;  // directory for powernode.prom; empty: none is written

  std::vector<std::string> findings;
};

using KernelParameters = std::map<std::string, std::string, std::less<>>;

// Who speaks decides what may be said.
enum class SettingsOrigin { kImage, kOperator, kKernel };

// Applies `key = value` lines; `where` names the file in findings.
void ApplySettingsFile(std::string_view content, SettingsOrigin origin, std::string_view where,
                       Settings& settings);
// Applies the `powernode.<key>` parameters; keys of the identity sources are not ours and are left
// alone.
void ApplyKernelParameters(const KernelParameters& parameters, Settings& settings);

// Everything in order; missing files are fine.
Settings LoadSettings(const Paths& paths, const KernelParameters& parameters);

}  // namespace powernode::runtime
