// `fault`
#include <memory>

#include "tests/platform/command_line.h"
#include "tests/platform/text_table.h"

namespace powernode::platform {
namespace {

std::string KindsHelp() {
  TextTable table({"KIND", "PARAMETERS", "EFFECT"});
  for (const FaultKind& kind : FaultKinds())
    table.Add({std::string(kind.name), std::string(kind.parameters), std::string(kind.effect)});
  return table.Text();
}

}  // namespace

void AddFaultCommands(CLI::App& app, CommandLine& line) {
  auto fault = std::make_shared<Fault>();
  CLI::App* group = app.add_subcommand("fault", "misbehave on purpose")->require_subcommand(1);

  CLI::App* add = group->add_subcommand("add", "misbehave from now on");
  add->add_option("KIND", fault->kind)->required();
  add->add_option("--route", fault->route, "pattern below the API prefix, as in modules/*/manifest")
      ->capture_default_str();
  add->add_option("--method", fault->method, "only this HTTP method");
  add->add_option("--node", fault->node, "only this node");
  add->add_option("--skip", fault->skip, "matching requests to let pass first");
  add->add_option("--count", fault->count, "matching requests to hit; -1 for all")
      ->capture_default_str();
  add->add_option("--probability", fault->probability, "share of the matching requests to hit")
      ->capture_default_str();
  add->add_option("--number", fault->number, "the kind's number");
  add->add_option("--retry-after", fault->retry_after, "seconds, for status; -1 for no hint")
      ->capture_default_str();
  add->add_option("--text", fault->text, "the kind's text");
  add->footer("\n" + KindsHelp());
  add->callback([fault, &line] {
    line.run = [fault, &line] { return PrintVerb(line, "fault add", json(*fault)); };
  });

  CLI::App* list = group->add_subcommand("list", "what is set, and how often it struck");
  list->callback(
      [&line] { line.run = [&line] { return PrintVerb(line, "fault list", json::object()); }; });

  CLI::App* clear = group->add_subcommand("clear", "behave again");
  clear->add_option("--id", fault->id, "only this one");
  clear->callback([fault, &line] {
    line.run = [fault, &line] { return PrintVerb(line, "fault clear", {{"id", fault->id}}); };
  });
}

}  // namespace powernode::platform
