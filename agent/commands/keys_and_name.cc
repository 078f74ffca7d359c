#include "agent/commands/keys_and_name.h"

#include <utility>

#include "agent/base/log.h"
#include "runtime/findings.h"
#include "runtime/keys_loop.h"
#include "runtime/node_report.h"
#include "runtime/reconcile.h"

namespace powernode::commands {
namespace {

void Add(const runtime::Finding& finding, Outcome& outcome) {
  OrderedJson json;
  json["code"] = finding.code;
  json["subject"] = finding.subject;
  json["detail"] = finding.detail;
  outcome.details["keys_and_name"].push_back(std::move(json));
  outcome.text += "note: " + finding.subject + ": " + finding.detail + " [" + finding.code + "]\n";
  if (outcome.exit_code != kOk) return;
  outcome.status = "partial";
  outcome.exit_code = kPartial;
}

}  // namespace

void FollowKeysAndName(const Context& context, std::shared_ptr<runtime::JoinedPlatform> joined,
                       std::stop_token stop, Outcome& outcome) {
  const Paths paths = context.paths();
  Log silent(-1, LogFormat::kPeople, LogLevel::kError);
  runtime::Findings findings(context.clock, silent);
  runtime::SharedPlatform platform;
  platform.Set(std::move(joined));
  runtime::ReportBoard board;
  if (const auto running = runtime::RunningSet(paths); running && *running)
    board.Update([&](runtime::NodeReport& report) { report.mode = (*running)->mode; });
  runtime::KeysLoop(paths, context.settings(), platform, board, findings, silent)
      .Tick(std::move(stop));
  for (const runtime::Finding& finding : findings.List()) Add(finding, outcome);
}

}  // namespace powernode::commands
