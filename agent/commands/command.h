// A subcommand: one file each, listed in one table (commands.cc), which feeds parsing, help and
// dispatch.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/paths.h"
#include "agent/commands/outcome.h"
#include "runtime/settings.h"

namespace powernode::commands {

// The flags every command takes.
struct CommonFlags {
  std::string below;    // --below: work below this directory instead of /
  std::string persist;  // --persist, else $POWERNODE_PERSIST
  bool json = false;
};

// What a command works with.
struct Context {
  CommonFlags flags;
  Clock& clock;

  Paths paths() const;
  // With what the kernel command line and agent.conf say.
  runtime::Settings settings() const;
};

struct Command {
  const char* name;
  const char* summary;
  // Adds the command's own flags to `app` and returns what runs it.
  std::function<Outcome(const Context&)> (*configure)(CLI::App& app);
};

std::span<const Command> Commands();

// Parses, runs, prints; returns the exit code.
int Main(int argc, char** argv);

// One `configure` a command, each in its own file.
std::function<Outcome(const Context&)> ConfigureBoot(CLI::App& app);
std::function<Outcome(const Context&)> ConfigurePrepareRoot(CLI::App& app);
std::function<Outcome(const Context&)> ConfigureInitBottom(CLI::App& app);
std::function<Outcome(const Context&)> ConfigureService(CLI::App& app);
std::function<Outcome(const Context&)> ConfigureEnroll(CLI::App& app);
std::function<Outcome(const Context&)> ConfigureIntrospect(CLI::App& app);
std::function<Outcome(const Context&)> ConfigureStatus(CLI::App& app);
std::function<Outcome(const Context&)> ConfigureVerify(CLI::App& app);
std::function<Outcome(const Context&)> ConfigurePack(CLI::App& app);
std::function<Outcome(const Context&)> ConfigureAttach(CLI::App& app);
std::function<Outcome(const Context&)> ConfigureDetach(CLI::App& app);
std::function<Outcome(const Context&)> ConfigureUpdate(CLI::App& app);
std::function<Outcome(const Context&)> ConfigureSync(CLI::App& app);
std::function<Outcome(const Context&)> ConfigureLkg(CLI::App& app);
std::function<Outcome(const Context&)> ConfigureRetryPendingCompose(CLI::App& app);
std::function<Outcome(const Context&)> ConfigureGc(CLI::App& app);
std::function<Outcome(const Context&)> ConfigureVersion(CLI::App& app);

}  // namespace powernode::commands
