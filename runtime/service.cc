#include "runtime/service.h"

#include <algorithm>
#include <optional>

#include "agent/base/files.h"
#include "agent/base/lock_file.h"
#include "agent/base/version.h"
#include "mount/kernel_features.h"
#include "runtime/attempts.h"
#include "runtime/credential_loop.h"
#include "runtime/event_loop.h"
#include "runtime/event_spool.h"
#include "runtime/findings.h"
#include "runtime/first_report.h"
#include "runtime/health_loop.h"
#include "runtime/heartbeat_loop.h"
#include "runtime/keys_loop.h"
#include "runtime/message_ids.h"
#include "runtime/metrics.h"
#include "runtime/metrics_loop.h"
#include "runtime/node_clock.h"
#include "runtime/node_policy.h"
#include "runtime/node_report.h"
#include "runtime/reconcile_loop.h"
#include "runtime/runtime_directory.h"
#include "runtime/service_stages.h"
#include "runtime/settings_loop.h"
#include "runtime/shared_platform.h"
#include "runtime/state_files.h"
#include "runtime/status_line.h"
#include "runtime/supervisor.h"
#include "runtime/task_loop.h"

namespace powernode::runtime {
namespace {

constexpr std::chrono::milliseconds kHeartbeatPatience{120'000};  // one request's limits, and some
constexpr std::chrono::milliseconds kCredentialPatience{
    900'000};  // a few requests and a wait or two
constexpr std::chrono::milliseconds kReconcilePatience{6 * 3600 *
                                                       1000};        // a download may take its time
constexpr std::chrono::milliseconds kTaskPatience{2 * 3600 * 1000};  // a command may take an hour
constexpr std::chrono::milliseconds kHealthPatience{600'000};        // systemctl's own 100 s a call
constexpr std::chrono::milliseconds kKeysPatience{300'000};          // a few requests
constexpr std::chrono::milliseconds kEventsPatience{900'000};  // a ring of them after an outage
// It sleeps until somebody asks, and limits a client's time by itself.
constexpr std::chrono::milliseconds kMetricsPatience = std::chrono::milliseconds::max();
constexpr std::chrono::milliseconds kSettingsPatience = kMetricsPatience;
constexpr std::chrono::milliseconds kLongestWatch{30'000};

// Between two looks at whether all loops still come back; the watchdog is fed at each.
std::chrono::milliseconds WatchPeriod(const ServiceNotifier& notifier) {
  return std::min(notifier.watchdog().value_or(kLongestWatch) / 3, kLongestWatch);
}

// Raises a finding for each loop that fails now, and clears those of `before` that do not.
std::vector<std::string> NoteFailing(std::vector<std::string> now,
                                     const std::vector<std::string>& before, Findings& findings) {
  for (const std::string& loop : before)
    if (std::find(now.begin(), now.end(), loop) == now.end()) findings.Clear("loop_failed", loop);
  for (const std::string& loop : now)
    findings.Raise("loop_failed", Severity::kHigh, loop,
                   "ended with an exception, which the log names; it is started again");
  return now;
}

}  // namespace

Status RunService(const ServiceRequest& request, const ServiceNotifier& notifier,
                  ProcessRunner& runner, Clock& clock, Log& log, std::stop_token stop) {
  const Paths& paths = request.paths;
  const std::chrono::milliseconds started = clock.Monotonic();
  RETURN_IF_ERROR(MakeRuntimeDirectory(paths));
  RETURN_IF_ERROR(MakeDirectories(paths.persist, 0755));
  ASSIGN_OR_RETURN(
      const LockFile one_agent,
      LockFile::Take(paths.agent_lock, "powernode-agent service", std::chrono::milliseconds(0)));
  if (const std::optional<std::string> raised = RaiseClock(clock, paths))
    log.Info("clock", *raised);
  log.Info("service", "powernode-agent " + std::string(Version()) + " starts",
           {{"message_id", kAgentStarted}});

  const mount::KernelFeatures features = mount::ProbeKernelFeatures();
  Findings findings(clock, log);
  ReportIgnoredLines(request.settings, findings);
  const verify::LoadedPolicy loaded = LoadNodePolicy(paths, request.settings, clock.UnixSeconds());
  for (const Error& problem : loaded.problems) findings.Raise(Severity::kHigh, "policy", problem);
  if (loaded.policy.mode == verify::TrustMode::kAudit)
    findings.Raise("verify_audit", Severity::kHigh, "verify",
                   "signatures are reported, not enforced");

  for (const StateProblem& problem : CheckStateFiles(paths, clock.UnixSeconds()))
    findings.Raise(Severity::kHigh, problem.file, problem.error);

  SharedPlatform platform;
  ReportBoard board;
  NodeReport first = FirstReport(paths, findings);
  first.kernel_release = features.release;
  if (first.breadcrumb) LogRunningSet(*first.breadcrumb, log);
  ServiceStages stages(paths, first.boot_id, started);
  (void)SpoolEvent(paths,
                   {.kind = "agent.started",
                    .payload = {{"agent_version", Version()}, {"mode", NodeModeName(first.mode)}}},
                   clock.UnixSeconds());
  board.Update([&](NodeReport& report) { report = std::move(first); });
  std::optional<Systemd> systemd;
  if (request.manager == ServiceManager::kSystemd) systemd.emplace(runner);
  Systemd* manager = systemd ? &*systemd : nullptr;

  const LiveSettings settings(request.settings);
  Reconciler reconciler(paths, settings, features, manager, clock);
  HeartbeatLoop heartbeat(paths, request.settings.heartbeat_interval, platform, board, findings,
                          clock, log);
  Supervisor supervisor(clock, log);
  ReconcileLoop reconcile(paths, settings, reconciler, platform, board, findings, clock, log,
                          [&] { supervisor.Wake("health"); });
  CredentialLoop credentials(paths, settings, heartbeat, platform, board, findings, clock, log,
                             [&] {
                               supervisor.Wake("heartbeat");
                               supervisor.Wake("reconcile");
                               supervisor.Wake("health");
                               supervisor.Wake("tasks");
                               supervisor.Wake("keys");
                               supervisor.Wake("events");
                             });
  HealthLoop health(paths, settings, manager, heartbeat, platform, board, findings, clock, log,
                    [&] { supervisor.Wake("heartbeat"); });
  KeysLoop keys(paths, settings, platform, board, findings, log);
  EventLoop events(paths, platform, log);

  TaskCommands commands(
      paths, settings, manager, runner, [&](std::chrono::milliseconds patience, std::stop_token s) {
        return reconcile.Await([&] { supervisor.Wake("reconcile"); }, patience, std::move(s));
      });
  TaskRunner task_runner(paths, commands, findings, clock, log);
  TaskLoop tasks(task_runner, platform);

  supervisor.Start(
      {"credentials", kCredentialPatience, [&](std::stop_token s) { return credentials.Tick(s); }});
  supervisor.Start(
      {"heartbeat", kHeartbeatPatience, [&](std::stop_token s) { return heartbeat.Tick(s); }});
  supervisor.Start(
      {"reconcile", kReconcilePatience, [&](std::stop_token s) { return reconcile.Tick(s); }});
  StoreSize store_size;
  const auto render = [&] {
    const std::shared_ptr<JoinedPlatform> joined = platform.Get();
    return RenderMetrics(
        {.report = board.Get(),
         .heartbeat = heartbeat.last(),
         .reconciles = reconcile.counts(),
         .findings = findings.List(),
         .restarts = supervisor.Restarts(),
         .certificate_not_after =
             joined ? std::optional(joined->session.credentials()->not_after) : std::nullopt,
         .store_bytes = store_size.Bytes(paths, clock.Monotonic())});
  };
  MetricsLoop metrics(paths, settings, render, findings, clock);
  supervisor.Start({"health", kHealthPatience, [&](std::stop_token s) {
                      const std::chrono::milliseconds wait = health.Tick(s);
                      metrics.WriteFile();
                      return wait;
                    }});
  supervisor.Start({"tasks", kTaskPatience, [&](std::stop_token s) { return tasks.Tick(s); }});
  supervisor.Start({"keys", kKeysPatience, [&](std::stop_token s) { return keys.Tick(s); }});
  supervisor.Start({"events", kEventsPatience, [&](std::stop_token s) { return events.Tick(s); }});
  supervisor.Start(
      {"metrics", kMetricsPatience, [&](std::stop_token s) { return metrics.Tick(s); }});
  SettingsLoop reload(
      settings, request.read_settings,
      [&] {
        heartbeat.SetPeriod(settings->heartbeat_interval);
        for (const char* loop : {"heartbeat", "reconcile", "health", "credentials", "keys"})
          supervisor.Wake(loop);
      },
      findings, log);
  supervisor.Start(
      {"settings", kSettingsPatience, [&](std::stop_token s) { return reload.Tick(s); }});
  const auto status_line = [&] {
    return StatusLine(*board.Get(), heartbeat.last(), findings.List(), clock.UnixSeconds());
  };
  std::string status = status_line();
  notifier.Ready(status);
  stages.Ready(clock.Monotonic());

  std::optional<std::int64_t> known_revision;
  std::string known_wish;
  std::int64_t known_tasks = 0;
  std::vector<std::string> failing;
  while (supervisor.AwaitTick(WatchPeriod(notifier), stop)) {
    if (const std::optional<std::string> stuck = supervisor.Stuck())
      findings.Raise("loop_stuck", Severity::kCritical, *stuck,
                     "this loop does not come back; the watchdog will restart the agent",
                     kLoopStuck);
    else
      notifier.FeedWatchdog();
    failing = NoteFailing(supervisor.Failing(), failing, findings);
    const HeartbeatNews news = heartbeat.news();
    if (news.assignment_revision && news.assignment_revision != known_revision) {
      if (known_revision) supervisor.Wake("reconcile");
      known_revision = news.assignment_revision;
    }
    if (news.renewal_wanted != known_wish) {
      supervisor.Wake("credentials");
      known_wish = news.renewal_wanted;
    }
    if (news.tasks_pending > known_tasks) supervisor.Wake("tasks");
    known_tasks = news.tasks_pending;
    stages.Observe(*board.Get(), heartbeat.last());
    if (std::string line = status_line(); line != status) {
      status = std::move(line);
      notifier.Status(status);
    }
  }
  notifier.Stopping();
  supervisor.Stop();
  if (const std::string set = health.Undecided(); !set.empty() && manager != nullptr)
    if (const Result<std::string> state = manager->SystemState(); state && *state == "stopping")
      if (Status back = GiveBackAttempt(paths, set, board.Get()->boot_id); !back)
        log.Failure(LogLevel::kWarning, "service", back.error());
  log.Info("service", "powernode-agent ends");
  return Ok();
}

}  // namespace powernode::runtime
