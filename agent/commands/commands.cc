#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>
#include <vector>

#include "agent/base/files.h"
#include "agent/commands/command.h"
#include "identity/kernel_cmdline.h"

namespace powernode::commands {
namespace {

constexpr std::size_t kMaxCommandLine = 64 * 1024;

constexpr std::array kCommands = {
    Command{"boot", "initramfs with systemd: compose the root, for the initramfs to switch into",
            ConfigureBoot},
    Command{"prepare-root", "initramfs: identity, enrolment and modules, composed at --sysroot",
            ConfigurePrepareRoot},
    Command{"init-bottom", "initramfs with a normal root=: hand the agent over to the real root",
            ConfigureInitBottom},
    Command{"service", "the long-lived service: heartbeat, reconcile, health", ConfigureService},
    Command{"enroll", "make this node known to its platform", ConfigureEnroll},
    Command{"introspect", "who this node is, which source said so, and what it holds",
            ConfigureIntrospect},
    Command{"status", "what runs, and since when", ConfigureStatus},
    Command{"verify", "prove a module image: digest and signature", ConfigureVerify},
    Command{"pack", "write a directory or a dump as a composefs image, or read one", ConfigurePack},
    Command{"attach", "host mode: one more module, until the next reconcile decides",
            ConfigureAttach},
    Command{"detach", "host mode: one module less, until the next reconcile decides",
            ConfigureDetach},
    Command{"update", "one reconcile with the platform, now", ConfigureUpdate},
    Command{"sync", "update, and who may log in and what this node is called", ConfigureSync},
    Command{"lkg", "the last known good set: would it boot, and with another image", ConfigureLkg},
    Command{"retry-pending-compose", "let sets that were tried twice be tried again",
            ConfigureRetryPendingCompose},
    Command{"gc", "what the module store does not need; with --execute away with it", ConfigureGc},
    Command{"version", "what this program is and was built from", ConfigureVersion},
};

std::string PersistFrom(const CommonFlags& flags) {
  if (!flags.persist.empty()) return flags.persist;
  const char* variable = std::getenv("POWERNODE_PERSIST");
  return variable == nullptr ? "" : variable;
}

// What CLI11 did not understand; with --json among the words as the one object that every failure
// is.
int RefuseFlags(CLI::App& app, const CLI::ParseError& error,
                std::span<const std::string_view> words) {
  const auto wants_json = [](std::string_view word) { return word == "--json"; };
  const bool help_asked = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
  if (help_asked || std::none_of(words.begin(), words.end(), wants_json))
    return app.exit(error) == 0 ? kOk : kGeneric;
  const auto parsed = app.get_subcommands();
  return Print(
      parsed.empty() ? "" : parsed.front()->get_name(),
      Outcome::Failed("flags", Error(ErrorKind::kInvalid, "bad_flags",
                                     std::string(error.what()) + " (--help lists what there is)")),
      Style::kJson, 0);
}

}  // namespace

std::span<const Command> Commands() { return kCommands; }

Paths Context::paths() const {
  Paths paths = Paths::Below(flags.below, PersistFrom(flags));
  paths.UseCarriedImage();
  return paths;
}

runtime::Settings Context::settings() const {
  const Paths all = paths();
  runtime::KernelParameters parameters;
  if (const Result<std::string> line = ReadFile(all.kernel_cmdline, kMaxCommandLine))
    for (auto& [key, value] : identity::SplitCommandLine(*line)) parameters[key] = value;
  return runtime::LoadSettings(all, parameters);
}

int Main(int argc, char** argv) {
  CLI::App app("Boots a node from signed modules and keeps it right.", "powernode-agent");
  app.require_subcommand(
      0, 1);  // not exactly one: then a word that is no command is reported as a missing one
  const std::span<char* const> given(argv, static_cast<std::size_t>(argc));
  const std::vector<std::string_view> words(given.begin(), given.end());
  CommonFlags flags;
  std::map<const CLI::App*, std::pair<const Command*, std::function<Outcome(const Context&)>>>
      table;
  // Each start of the agent would pay for every command and their options: when the first word
  // is a command it alone is made, else all are, for --help to list.
  const auto is_first = [&words](const Command& command) {
    return words.size() > 1 && words[1] == command.name;
  };
  const bool one_is = std::any_of(Commands().begin(), Commands().end(), is_first);
  for (const Command& command : Commands()) {
    if (one_is && !is_first(command)) continue;
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    sub->add_option("--below", flags.below, "work below this directory instead of /");
    sub->add_option("--persist", flags.persist, "the persist directory (or $POWERNODE_PERSIST)");
    sub->add_flag("--json", flags.json, "one JSON object on stdout");
    table.emplace(sub, std::make_pair(&command, command.configure(*sub)));
  }
  try {
    app.parse(argc, argv);
    if (app.get_subcommands().empty()) throw CLI::RequiredError("A command");
  } catch (const CLI::ParseError& error) {
    return RefuseFlags(app, error, words);
  }
  const auto& [command, run] = table.at(app.get_subcommands().front());
  const Context context{.flags = flags,
                        .clock = flags.below.empty() ? SystemClock() : ReadOnlyClock()};
  const auto started = context.clock.Monotonic();
  const Outcome outcome = run(context);
  const auto duration = context.clock.Monotonic() - started;
  return Print(command->name, outcome, flags.json ? Style::kJson : Style::kPeople,
               duration.count());
}

}  // namespace powernode::commands
