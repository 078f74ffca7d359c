#include "runtime/init_bottom.h"

#include <unistd.h>

#include "agent/commands/command.h"
#include "agent/commands/signals.h"

namespace powernode::commands {

// The generator's boot goes on whatever happens here, unless powernode.strict=1 asks for the
// opposite.
std::function<Outcome(const Context&)> ConfigureInitBottom(CLI::App& app) {
  auto root = std::make_shared<std::string>();
  app.add_option("--root", *root, "where the real root is mounted")->required();
  return [root](const Context& context) {
    const runtime::Settings settings = context.settings();
    Outcome outcome;
    if (!runtime::WantsInitBottom(settings)) {
      outcome.status = "noop";
      outcome.details["skipped"] = "powernode.boot=1 is not on the kernel command line";
      return outcome;
    }
    const StopOnSignal signals;
    const Paths paths = context.paths();
    runtime::BootConsole console(STDERR_FILENO, paths);
    const Status done = runtime::InitBottom({.paths = paths, .settings = settings, .root = *root},
                                            console, context.clock, signals.token());
    if (done) return outcome;
    console.Fail("kernel", done.error());
    outcome = Outcome::Failed("init-bottom", done.error());
    if (!settings.strict) outcome.exit_code = kOk;
    return outcome;
  };
}

}  // namespace powernode::commands
