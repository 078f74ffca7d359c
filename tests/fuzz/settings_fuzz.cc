// Invariant: no text makes a setting leave its bounds; the operator's file never weakens
// verification or moves the persist partition; and what is not understood changes nothing and is a
// finding of one line.
#include "runtime/settings.h"

#include <string>

#include "identity/kernel_cmdline.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace powernode;

void RequireBounds(const runtime::Settings& settings) {
  const auto within = [](auto value, auto lowest, auto highest) {
    fuzz::Require(value >= lowest && value <= highest, "a number stays in its bounds");
  };
  within(settings.heartbeat_interval.count(), 1, 300);
  within(settings.reconcile_interval.count(), 1, 3600);
  within(settings.net_wait.count(), 0, 600);
  within(settings.scratch_mib, 16U, 1024U * 1024U);
  within(settings.cache_floor_mib, 0U, 1024U * 1024U);
  within(settings.gate_probes, 1U, 100U);
  within(settings.gate_interval.count(), 1, 600);
  within(settings.gate_uptime.count(), 0, 3600);
  fuzz::Require(!settings.persist.empty(), "persist says something");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::TextOf(data, size);
  runtime::Settings image;
  runtime::ApplySettingsFile(text, runtime::SettingsOrigin::kImage, "image", image);
  RequireBounds(image);

  runtime::Settings operators;
  runtime::ApplySettingsFile(text, runtime::SettingsOrigin::kOperator, "operator", operators);
  RequireBounds(operators);
  const runtime::Settings defaults;
  fuzz::Require(operators.verify == defaults.verify &&
                    operators.transport.tls_min == defaults.transport.tls_min &&
                    operators.persist == defaults.persist &&
                    operators.sources.cloud == defaults.sources.cloud &&
                    !operators.sources.allow_unpinned_ca_url && operators.boot == defaults.boot,
                "the operator's file does not weaken anything");

  runtime::KernelParameters parameters;
  for (auto& [key, value] : identity::SplitCommandLine(text)) parameters[key] = value;
  runtime::Settings kernel;
  runtime::ApplyKernelParameters(parameters, kernel);
  RequireBounds(kernel);
  for (const runtime::Settings* settings : {&image, &operators, &kernel})
    for (const std::string& finding : settings->findings)
      fuzz::Require(!fuzz::HasControl(finding), "a finding is one line");
  return 0;
}
