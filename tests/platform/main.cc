#include <csignal>
#include <cstdlib>
#include <iostream>

#include "tests/platform/command_line.h"
#include "tests/platform/control.h"

namespace powernode::platform {

Status PrintVerb(const CommandLine& line, const std::string& verb, const json& arguments) {
  ASSIGN_OR_RETURN(const json result, RunOnState(line.directory, verb, arguments));
  std::cout << result.dump(2, ' ', false, json::error_handler_t::replace) << "\n";
  return Ok();
}

namespace {

int Main(int argc, char** argv) {
  CLI::App app(
      "The reference control plane of powernode-agent: speaks the node API over TLS for tests and "
      "demos.");
  CommandLine line;
  app.add_option("--state", line.directory.path,
                 "directory that holds everything; made when missing")
      ->required()
      ->type_name("DIR");
  app.require_subcommand(1);
  AddServeCommand(app, line);
  AddNodeCommands(app, line);
  AddCredentialCommands(app, line);
  AddModuleCommands(app, line);
  AddTrustPolicyCommands(app, line);
  AddTaskCommands(app, line);
  AddFaultCommands(app, line);
  AddViewCommands(app, line);
  CLI11_PARSE(app, argc, argv);
  if (const Status done = line.run(); !done) {
    std::cerr << "powernode-platform: " << done.error().message() << "\n";
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace powernode::platform

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a client that leaves is an error of one write
  return powernode::platform::Main(argc, argv);
}
