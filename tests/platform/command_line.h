// The program's command line. Each group of verbs adds its subcommands and leaves behind what to
// run; main() runs it once parsing is done. Data goes to stdout, everything else to stderr.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "agent/base/result.h"
#include "tests/platform/state.h"
#include "tests/platform/state_directory.h"

namespace powernode::platform {

struct CommandLine {
  StateDirectory directory;
  std::function<Status()> run;
};

void AddServeCommand(CLI::App& app, CommandLine& line);         // serve_command.cc
void AddNodeCommands(CLI::App& app, CommandLine& line);         // node_commands.cc
void AddCredentialCommands(CLI::App& app, CommandLine& line);   // credential_commands.cc
void AddModuleCommands(CLI::App& app, CommandLine& line);       // module_commands.cc
void AddTrustPolicyCommands(CLI::App& app, CommandLine& line);  // trust_policy_commands.cc
void AddTaskCommands(CLI::App& app, CommandLine& line);         // task_commands.cc
void AddFaultCommands(CLI::App& app, CommandLine& line);        // fault_commands.cc
void AddViewCommands(CLI::App& app, CommandLine& line);         // view_commands.cc

// Runs a verb on the state and prints its result as JSON.
Status PrintVerb(const CommandLine& line, const std::string& verb, const json& arguments);

}  // namespace powernode::platform
