#include <unistd.h>

#include "agent/commands/command.h"
#include "agent/commands/signals.h"
#include "runtime/prepare_root.h"

namespace powernode::commands {
namespace {

struct BootFlags {
  std::string sysroot = "/sysroot";
  bool keep_trying = false;
  bool once = false;
};

Outcome Prepare(const Context& context, const BootFlags& flags, runtime::OnFailure on_failure) {
  const StopOnSignal signals;
  const Paths paths = context.paths();
  runtime::BootConsole console(STDERR_FILENO, paths);
  const Status prepared = runtime::PrepareRoot({.paths = paths,
                                                .settings = context.settings(),
                                                .sysroot = flags.sysroot,
                                                .on_failure = on_failure},
                                               console, context.clock, signals.token());
  if (!prepared) return Outcome::Failed("prepare-root", prepared.error());
  Outcome outcome;
  outcome.details["sysroot"] = flags.sysroot;
  return outcome;
}

}  // namespace

// The systemd of the initramfs switches by itself once /sysroot is there
// (initrd-switch-root.service): it also stops what the initramfs started.
std::function<Outcome(const Context&)> ConfigureBoot(CLI::App& app) {
  auto flags = std::make_shared<BootFlags>();
  app.add_option("--sysroot", flags->sysroot, "where the root is composed")->capture_default_str();
  app.add_flag("--once", flags->once, "fail instead of staying in rescue");
  return [flags](const Context& context) {
    return Prepare(context, *flags,
                   flags->once ? runtime::OnFailure::kReturn : runtime::OnFailure::kKeepTrying);
  };
}

std::function<Outcome(const Context&)> ConfigurePrepareRoot(CLI::App& app) {
  auto flags = std::make_shared<BootFlags>();
  app.add_option("--sysroot", flags->sysroot, "where the root is composed")->capture_default_str();
  app.add_flag("--wait", flags->keep_trying, "stay in rescue and keep trying instead of failing");
  return [flags](const Context& context) {
    return Prepare(
        context, *flags,
        flags->keep_trying ? runtime::OnFailure::kKeepTrying : runtime::OnFailure::kReturn);
  };
}

}  // namespace powernode::commands
