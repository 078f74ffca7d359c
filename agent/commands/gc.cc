// gc: what the module store does not need, and with --execute away with it.

#include "agent/commands/command.h"
#include "runtime/module_set.h"
#include "runtime/store_gc.h"

namespace powernode::commands {
namespace {

std::string Text(const runtime::GcOutcome& collected, runtime::Collect mode) {
  std::string text;
  for (const runtime::Removable& file : collected.removable)
    text +=
        FormatTime(file.mtime) + "  " + file.name + "  " + runtime::HumanSize(file.bytes) + "\n";
  if (collected.kept_all)
    text += "note: every object is kept: " + collected.kept_all->message() + "\n";
  if (collected.removable.empty()) return text + "nothing to remove\n";
  return text + (mode == runtime::Collect::kRemove ? "freed " : "would free ") +
         runtime::HumanSize(collected.bytes) +
         (mode == runtime::Collect::kRemove ? "\n"
                                            : "; nothing was removed, add --execute to do it\n");
}

Outcome Run(const Context& context, runtime::Collect mode) {
  const Paths paths = context.paths();
  const Result<runtime::GcOutcome> collected = runtime::CollectGarbage(
      {.paths = paths, .limits = std::nullopt, .collect = mode}, context.clock.UnixSeconds());
  if (!collected) return Outcome::Failed("gc", collected.error());
  Outcome outcome;
  outcome.stage = "gc";
  outcome.details["removable"] = OrderedJson::array();
  for (const runtime::Removable& file : collected->removable)
    outcome.details["removable"].push_back(
        {{"name", file.name}, {"bytes", file.bytes}, {"stored_at", FormatTime(file.mtime)}});
  outcome.details["freed"] = mode == runtime::Collect::kRemove ? collected->bytes : 0;
  outcome.details["bytes"] = collected->bytes;
  if (collected->kept_all) outcome.details["kept_all"] = collected->kept_all->message();
  if (collected->removable.empty()) outcome.status = "noop";
  outcome.text = Text(*collected, mode);
  return outcome;
}

}  // namespace

std::function<Outcome(const Context&)> ConfigureGc(CLI::App& app) {
  auto execute = std::make_shared<bool>(false);
  app.add_flag("--execute", *execute, "remove it; without this it is only listed");
  return [=](const Context& context) {
    return Run(context, *execute ? runtime::Collect::kRemove : runtime::Collect::kPlan);
  };
}

}  // namespace powernode::commands
