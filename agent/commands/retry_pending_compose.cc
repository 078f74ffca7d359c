// retry-pending-compose: sets that were tried twice without a verdict may be tried again.

#include "agent/commands/command.h"
#include "runtime/attempts.h"

namespace powernode::commands {
namespace {

Outcome Run(const Context& context, bool yes) {
  const Paths paths = context.paths();
  const std::vector<runtime::Attempt> attempts = runtime::LoadAttempts(paths);
  Outcome outcome;
  outcome.stage = "retry-pending-compose";
  OrderedJson& sets = outcome.details["sets"] = OrderedJson::array();
  for (const runtime::Attempt& attempt : attempts) {
    const std::string last = FormatTime(attempt.last_at);
    OrderedJson set;
    set["composition"] = attempt.composition;
    set["attempts"] = attempt.attempts;
    set["last_at"] = last;
    sets.push_back(std::move(set));
    outcome.text += attempt.composition.substr(0, 12) + "  tried " +
                    std::to_string(attempt.attempts) + " times, last at " + last + "\n";
  }
  outcome.details["reset"] = yes && !attempts.empty();
  if (attempts.empty()) {
    outcome.status = "noop";
    outcome.text = "no set has been tried without a verdict\n";
    return outcome;
  }
  if (!yes) {
    outcome.status = "refused";
    outcome.exit_code = kWouldBeRefused;
    outcome.text += "nothing was reset, add --yes to do it\n";
    return outcome;
  }
  if (Status reset = runtime::ForgetAllAttempts(paths); !reset)
    return Outcome::Failed("retry-pending-compose", std::move(reset).error());
  outcome.text += "they may be tried again\n";
  return outcome;
}

}  // namespace

std::function<Outcome(const Context&)> ConfigureRetryPendingCompose(CLI::App& app) {
  auto yes = std::make_shared<bool>(false);
  app.add_flag("--yes", *yes, "do it; without this they are only listed");
  return [=](const Context& context) { return Run(context, *yes); };
}

}  // namespace powernode::commands
