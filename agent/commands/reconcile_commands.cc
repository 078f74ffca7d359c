// attach, detach, update, sync: one reconcile from the shell, with the same parts as the service's.

#include <algorithm>
#include <memory>
#include <optional>

#include "agent/base/lock_file.h"
#include "agent/base/process.h"
#include "agent/commands/command.h"
#include "agent/commands/keys_and_name.h"
#include "agent/commands/pull_progress.h"
#include "agent/commands/signals.h"
#include "enroll/node_api.h"
#include "enroll/pki_store.h"
#include "runtime/assignment.h"
#include "runtime/module_set.h"
#include "runtime/reconcile.h"
#include "runtime/runtime_directory.h"
#include "runtime/shared_platform.h"

namespace powernode::commands {
namespace {

enum class Change { kAttach, kDetach, kUpdate, kSync };

bool IsFromPlatform(Change change) { return change == Change::kUpdate || change == Change::kSync; }

using JoinedPlatformPtr = std::shared_ptr<runtime::JoinedPlatform>;

// With the stored credentials: these commands change an enrolled node and never enroll one.
Result<JoinedPlatformPtr> StoredPlatform(const Context& context) {
  const Paths paths = context.paths();
  enroll::PkiStore::Loaded loaded = enroll::PkiStore(paths.pki).Load(context.clock.UnixSeconds());
  if (loaded.credentials)
    return std::make_shared<runtime::JoinedPlatform>(
        std::move(loaded.credentials), enroll::CurlTransports(context.settings().transport),
        context.clock);
  if (!loaded.findings.empty()) return loaded.findings.front();
  return Error(ErrorKind::kDenied, "not_enrolled",
               "no certificate below " + paths.pki + ": run `powernode-agent enroll` first");
}

Result<runtime::Composition> WithModule(enroll::NodeApi& api, const std::string& id,
                                        runtime::Composition set, std::stop_token stop) {
  Result<runtime::ComposedModule> module = runtime::FetchModule(api, id, enroll::kGetRetries, stop);
  if (!module && module.error().kind() == ErrorKind::kNotFound)
    return Error(ErrorKind::kNotFound, "module_not_assigned",
                 "module " + id +
                     " is not among this node's modules: assign it at the platform first (" +
                     module.error().message() + ")");
  if (!module) return std::move(module).error();
  std::erase_if(set.modules,
                [&](const runtime::ComposedModule& other) { return other.id == module->id; });
  set.modules.push_back(*std::move(module));
  runtime::SortLowToHigh(set.modules);
  return set;
}

Result<runtime::Composition> WithoutModule(const std::string& id, runtime::Composition set) {
  const std::size_t removed = std::erase_if(
      set.modules, [&](const runtime::ComposedModule& module) { return module.id == id; });
  if (removed == 0)
    return Error(ErrorKind::kNotFound, "not_attached", "module " + id + " is not attached");
  if (set.modules.empty())
    return Error(ErrorKind::kRefused, "last_module",
                 "module " + id + " is the last one: nothing would be left");
  return set;
}

Result<runtime::ReconcileOutcome> Reconcile(const Context& context,
                                            runtime::JoinedPlatform& platform, Change change,
                                            const std::string& id, runtime::Apply apply,
                                            runtime::EmptyList empty, PullProgress& progress,
                                            std::stop_token stop) {
  const Paths paths = context.paths();
  const runtime::Settings settings = context.settings();
  RETURN_IF_ERROR(runtime::MakeRuntimeDirectory(paths));
  const mount::KernelFeatures features = mount::ProbeKernelFeatures();
  runtime::Systemd systemd(SystemProcessRunner());
  runtime::Reconciler reconciler(paths, settings, features,
                                 context.flags.below.empty() ? &systemd : nullptr, context.clock,
                                 progress.Observers());
  if (IsFromPlatform(change)) return reconciler.Run(platform.session, apply, stop, empty);

  ASSIGN_OR_RETURN(const std::optional<runtime::Breadcrumb> running, runtime::RunningSet(paths));
  runtime::Composition present;
  if (running) present = running->composition;
  present.created_at = context.clock.UnixSeconds();
  present.reason = change == Change::kAttach ? "attached " + id : "detached " + id;
  Result<runtime::Composition> wanted = change == Change::kAttach
                                            ? WithModule(platform.api, id, std::move(present), stop)
                                            : WithoutModule(id, std::move(present));
  if (!wanted) return std::move(wanted).error();
  return reconciler.RunTowards(platform.session, *std::move(wanted), apply, stop);
}

OrderedJson ToJson(const runtime::Supplied& supplied) {
  return {{"fetched_bytes", supplied.fetched_bytes},
          {"fetched_objects", supplied.fetched_objects},
          {"present_bytes", supplied.present_bytes},
          {"present_objects", supplied.present_objects}};
}

std::string SupplyText(const runtime::Supplied& supplied) {
  std::string text = runtime::HumanSize(supplied.fetched_bytes) + " fetched, " +
                     runtime::HumanSize(supplied.present_bytes) + " were here";
  if (supplied.fetched_objects + supplied.present_objects > 0)
    text += " (objects: " + std::to_string(supplied.fetched_objects) + " fetched, " +
            std::to_string(supplied.present_objects) + " were here)";
  return text + "\n";
}

// A set is named by the beginning of its hash, as `status` names it.
std::string ActionText(const runtime::Action& action) {
  constexpr std::size_t kHash = 64;
  const std::string subject =
      action.subject.size() == kHash ? action.subject.substr(0, 12) : action.subject;
  return std::string(runtime::ActionName(action.kind)) + " " + subject + ": " + action.detail;
}

Outcome Report(const Result<runtime::ReconcileOutcome>& done, Change change, runtime::Apply apply) {
  if (!done) return Outcome::Failed("reconcile", done.error());
  Outcome outcome;
  outcome.stage = "reconcile";
  outcome.details["plan"] = OrderedJson(runtime::ToJson(done->plan));
  outcome.details["actions"] = OrderedJson(runtime::ToJson(done->actions));
  outcome.details["applied"] = done->applied;
  outcome.details["pending_reboot"] = done->pending_reboot;
  const bool carried_out = done->applied || done->pending_reboot;
  if (carried_out) outcome.details["supplied"] = ToJson(done->supplied);
  if (done->running)
    outcome.details["running"] = runtime::CompositionHash(done->running->composition.modules);
  if (done->plan.empty()) outcome.status = "noop";
  for (const runtime::PlanStep& step : done->plan)
    outcome.text += std::string(runtime::StepKindName(step.kind)) + " " + step.name + " (" +
                    step.id + ") " + step.detail + "\n";
  for (const runtime::Action& action : done->actions)
    outcome.text += "  " + ActionText(action) + "\n";
  if (done->plan.empty()) outcome.text = "nothing to change\n";
  for (const Error& note : done->notes) {
    OrderedJson json;
    json["code"] = note.code();
    json["detail"] = note.message();
    outcome.details["notes"].push_back(std::move(json));
    outcome.text += "note: " + note.message() + " [" + note.code() + "]\n";
  }
  if (carried_out) outcome.text += SupplyText(done->supplied);
  if (done->applied) outcome.text += "applied\n";
  if (done->pending_reboot) outcome.text += "stored; the next boot composes it\n";
  if (!done->plan.empty() && apply == runtime::Apply::kDryRun)
    outcome.text += IsFromPlatform(change) ? "nothing was changed (--dry-run)\n"
                                           : "nothing was changed; add --execute to do it\n";
  if (done->applied && done->running && !done->running->findings.empty()) {
    outcome.status = "partial";
    outcome.exit_code = kPartial;
    for (const std::string& finding : done->running->findings)
      outcome.text += "note: " + finding + "\n";
    outcome.details["findings"] = done->running->findings;
  }
  return outcome;
}

Outcome Run(const Context& context, Change change, const std::string& id, runtime::Apply apply,
            runtime::EmptyList empty, std::optional<int> progress_fd) {
  const StopOnSignal signals;
  Result<PullProgress> progress = PullProgress::Open(progress_fd);
  if (!progress) return Outcome::Failed("reconcile", progress.error());
  const Result<JoinedPlatformPtr> platform = StoredPlatform(context);
  if (!platform) return Outcome::Failed("reconcile", platform.error());
  Outcome outcome =
      Report(Reconcile(context, **platform, change, id, apply, empty, *progress, signals.token()),
             change, apply);
  if (change == Change::kSync && apply == runtime::Apply::kYes)
    FollowKeysAndName(context, *platform, signals.token(), outcome);
  return outcome;
}

std::shared_ptr<std::optional<int>> AddProgressFd(CLI::App& app) {
  auto fd = std::make_shared<std::optional<int>>();
  app.add_option("--progress-fd", *fd,
                 "write progress to this descriptor, a line of JSON each time");
  return fd;
}

std::function<Outcome(const Context&)> ConfigureOne(CLI::App& app, Change change) {
  auto id = std::make_shared<std::string>();
  auto execute = std::make_shared<bool>(false);
  app.add_option("ID", *id, "the module's id")->required();
  app.add_flag("--execute", *execute, "do it; without this the plan is printed");
  const auto progress_fd = AddProgressFd(app);
  return [=](const Context& context) {
    return Run(context, change, *id, *execute ? runtime::Apply::kYes : runtime::Apply::kDryRun,
               runtime::EmptyList::kRefuse, *progress_fd);
  };
}

std::function<Outcome(const Context&)> ConfigureWhole(CLI::App& app, Change change) {
  auto dry_run = std::make_shared<bool>(false);
  auto allow_empty = std::make_shared<bool>(false);
  app.add_flag("--dry-run", *dry_run, "print the plan, change nothing");
  app.add_flag("--allow-empty", *allow_empty, "no module at all is meant, if the list is empty");
  const auto progress_fd = AddProgressFd(app);
  return [=](const Context& context) {
    return Run(context, change, "", *dry_run ? runtime::Apply::kDryRun : runtime::Apply::kYes,
               *allow_empty ? runtime::EmptyList::kAccept : runtime::EmptyList::kRefuse,
               *progress_fd);
  };
}

}  // namespace

std::function<Outcome(const Context&)> ConfigureAttach(CLI::App& app) {
  return ConfigureOne(app, Change::kAttach);
}

std::function<Outcome(const Context&)> ConfigureDetach(CLI::App& app) {
  return ConfigureOne(app, Change::kDetach);
}

std::function<Outcome(const Context&)> ConfigureUpdate(CLI::App& app) {
  return ConfigureWhole(app, Change::kUpdate);
}

std::function<Outcome(const Context&)> ConfigureSync(CLI::App& app) {
  return ConfigureWhole(app, Change::kSync);
}

}  // namespace powernode::commands
