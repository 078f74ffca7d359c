#include "runtime/first_report.h"

#include <sys/sysmacros.h>

#include <cstdio>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "runtime/attempts.h"
#include "runtime/message_ids.h"
#include "runtime/reconcile.h"
#include "runtime/staged_set.h"
#include "verify/module_statement.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxLockTable = 4 * 1024 * 1024;

unsigned AttemptsOf(const std::vector<Attempt>& all, const std::string& composition) {
  const Attempt* attempt = FindAttempt(all, composition);
  return attempt == nullptr ? 0 : attempt->attempts;
}

}  // namespace

NodeReport FirstReport(const Paths& paths, Findings& findings) {
  NodeReport report;
  report.mode = DeriveMode(paths);
  report.architecture = verify::NodeArchitecture();
  report.persist = ObservePersist(paths);
  if (const Result<SpaceOnDisk> space = FreeSpace(paths.persist))
    report.persist_free_mib = space->free_bytes / (1024 * 1024);
  if (const Result<std::string> id = BootId(paths)) report.boot_id = *id;
  if (Result<std::optional<Breadcrumb>> running = RunningSet(paths); running)
    report.breadcrumb = *std::move(running);
  else
    findings.Raise(Severity::kHigh, "state", running.error());
  if (Result<std::optional<LastKnownGood>> good = LoadLastKnownGood(paths); good)
    report.last_known_good = *std::move(good);
  else
    findings.Raise(Severity::kHigh, "lkg", good.error());
  TriedSets tried = LookAtTriedSets(paths, report);
  report.staged = std::move(tried.staged);
  report.staged_attempts = tried.staged_attempts;
  report.attempts = tried.running_attempts;
  if (report.breadcrumb)
    for (const std::string& finding : report.breadcrumb->findings)
      findings.Raise("boot_note", Severity::kLow, finding.substr(0, finding.find(':')), finding);
  return report;
}

Status LookAtLayers(const Paths& paths, NodeReport& report) {
  if (!report.breadcrumb) return Ok();
  ASSIGN_OR_RETURN(LiveModules live, FindLiveModules(paths, *report.breadcrumb));
  report.live_ids = std::move(live.ids);
  report.layers = std::move(live.layers);
  return Ok();
}

TriedSets LookAtTriedSets(const Paths& paths, const NodeReport& report) {
  TriedSets tried;
  const std::vector<Attempt> all = LoadAttempts(paths);
  if (const Result<std::optional<Composition>> staged = StagedSet(paths); staged && *staged) {
    tried.staged = SummaryOf(**staged);
    tried.staged_attempts = AttemptsOf(all, tried.staged->composition);
  }
  if (report.breadcrumb)
    tried.running_attempts =
        AttemptsOf(all, CompositionHash(report.breadcrumb->composition.modules));
  return tried;
}

void ReportTriedSets(const Paths& paths, ReportBoard& board) {
  const std::shared_ptr<const NodeReport> report = board.Get();
  TriedSets tried = LookAtTriedSets(paths, *report);
  if (tried.staged == report->staged && tried.staged_attempts == report->staged_attempts &&
      tried.running_attempts == report->attempts)
    return;
  board.Update([&](NodeReport& next) {
    next.staged = std::move(tried.staged);
    next.staged_attempts = tried.staged_attempts;
    next.attempts = tried.running_attempts;
  });
}

void LogRunningSet(const Breadcrumb& running, Log& log) {
  const std::string hash = CompositionHash(running.composition.modules);
  const bool good = running.composition.source == CompositionSource::kLastKnownGood;
  log.Info("compose",
           "set " + hash.substr(0, 12) + " runs, " +
               std::to_string(running.composition.modules.size()) + " modules, " +
               (good ? "the last known good one" : "as assigned"),
           {{"composition", hash}, {"message_id", good ? kFellBack : kComposed}});
}

// proc_locks(5): "1: FLOCK  ADVISORY  WRITE 4711 00:1a:815 0 EOF".
std::optional<bool> ServiceRuns(const Paths& paths) {
  const Result<std::string> locks = ReadFile("/proc/locks", kMaxLockTable);
  if (!locks) return std::nullopt;
  const Result<struct stat> file = Stat(paths.agent_lock);
  if (!file)
    return file.error().kind() == ErrorKind::kNotFound ? std::optional(false) : std::nullopt;
  char held[64];
  std::snprintf(held, sizeof(held), " %02x:%02x:%lu 0 EOF", major(file->st_dev),
                minor(file->st_dev), static_cast<unsigned long>(file->st_ino));
  return locks->find(held) != std::string::npos;
}

}  // namespace powernode::runtime
