#include "runtime/health_loop.h"

#include <algorithm>

#include "agent/base/files.h"
#include "runtime/attempts.h"
#include "runtime/capability_probe.h"
#include "runtime/event_spool.h"
#include "runtime/first_report.h"
#include "runtime/live_modules.h"
#include "runtime/node_policy.h"
#include "runtime/persist.h"
#include "runtime/staged_set.h"

namespace powernode::runtime {
namespace {

GateRules RulesOf(const Settings& settings) {
  return {.probes_needed = settings.gate_probes, .uptime_needed = settings.gate_uptime};
}

constexpr std::chrono::seconds kAfterVerdict{60};
constexpr std::chrono::minutes kGatePatience{10};  // node-files.md §10.4

}  // namespace

HealthLoop::HealthLoop(const Paths& paths, LiveSettings settings, Systemd* systemd,
                       const HeartbeatLoop& heartbeat, const SharedPlatform& platform,
                       ReportBoard& board, Findings& findings, Clock& clock, Log& log,
                       std::function<void()> on_change)
    : paths_(paths),
      settings_(std::move(settings)),
      systemd_(systemd),
      heartbeat_(heartbeat),
      platform_(platform),
      board_(board),
      findings_(findings),
      clock_(clock),
      log_(log),
      on_change_(std::move(on_change)),
      gate_(RulesOf(*settings_.Get())) {}

std::chrono::milliseconds HealthLoop::Tick(std::stop_token) {
  ObserveModules();
  ObserveServices();
  ObserveDisk();
  ReportTriedSets(paths_, board_);
  JudgeGate();
  WriteStatus();
  return gate_.passed() ? std::min(kAfterVerdict, settings_->gate_interval * 4)
                        : settings_->gate_interval;
}

void HealthLoop::ObserveModules() {
  const std::shared_ptr<const NodeReport> report = board_.Get();
  if (!report->breadcrumb) return;
  const Result<LiveModules> live = FindLiveModules(paths_, *report->breadcrumb);
  if (!live) {
    findings_.Raise(Severity::kHigh, "modules", live.error());
    board_.Update([](NodeReport& next) {
      next.live_ids.clear();
      next.layers.clear();
    });
    return;
  }
  if (live->missing.empty())
    findings_.Clear("module_not_live", "modules");
  else
    findings_.Raise("module_not_live", Severity::kHigh, "modules",
                    "composed, but not in the live root: " + live->missing.front());
  if (live->ids == report->live_ids && live->layers == report->layers) return;
  board_.Update([&](NodeReport& next) {
    next.live_ids = live->ids;
    next.layers = live->layers;
  });
  on_change_();
}

void HealthLoop::ObserveServices() {
  const std::shared_ptr<const NodeReport> report = board_.Get();
  if (!report->breadcrumb || systemd_ == nullptr) return;
  const ModuleUnits rendered =
      RenderModuleUnits(report->breadcrumb->composition,
                        ObserveSurroundings(paths_, paths_.root, "", settings_->verify));
  RaiseUnitFindings(rendered.findings);
  std::vector<std::string> names;
  for (const UnitFile& unit : rendered.units) names.push_back(unit.name);
  const Result<std::vector<UnitState>> states = systemd_->ShowUnits(names);
  if (!states) {
    findings_.Raise(Severity::kMedium, "services", states.error());
    return;
  }
  std::vector<ServiceReport> services;
  for (const UnitFile& unit : rendered.units)
    for (const UnitState& state : *states)
      if (state.name == unit.name) {
        services.push_back({.module_id = unit.module_id, .service = unit.service, .state = state});
        ProbeCapabilities(unit, state);
      }
  for (const ServiceReport& service : services) {
    const std::string subject = service.state.name;
    if (service.state.active == "failed")
      findings_.Raise("service_failed", Severity::kHigh, subject, "the unit has failed");
    else
      findings_.Clear("service_failed", subject);
  }
  board_.Update([&](NodeReport& next) { next.services = std::move(services); });
}

void HealthLoop::ProbeCapabilities(const UnitFile& unit, const UnitState& state) {
  constexpr std::size_t kMaxStatus = 64 * 1024;
  const Result<std::string> status =
      ReadFile(paths_.root + "/proc/" + std::to_string(state.main_pid) + "/status", kMaxStatus);
  const std::string surplus = status ? CapabilitySurplus(unit.content, *status) : "";
  if (surplus.empty())
    findings_.Clear("capabilities_not_bounded", unit.name);
  else
    findings_.Raise("capabilities_not_bounded", Severity::kMedium, unit.name,
                    "its process may have what its unit takes away: " + surplus);
}

void HealthLoop::RaiseUnitFindings(const std::vector<UnitFinding>& now) {
  for (const UnitFinding& before : unit_findings_)
    if (std::none_of(now.begin(), now.end(), [&](const UnitFinding& finding) {
          return finding.code == before.code && finding.subject == before.subject;
        }))
      findings_.Clear(before.code, before.subject);
  for (const UnitFinding& finding : now)
    findings_.Raise(finding.code, finding.code == "unit_refused" ? Severity::kHigh : Severity::kLow,
                    finding.subject, finding.detail);
  unit_findings_ = now;
}

void HealthLoop::ObserveDisk() {
  const PersistState state = ObservePersist(paths_);
  if (state == PersistState::kReadOnly)
    findings_.Raise(
        "persist_read_only", Severity::kHigh, "persist",
        paths_.persist + " cannot be written: nothing new is kept, look at the disk (dmesg)");
  else
    findings_.Clear("persist_read_only", "persist");
  board_.Update([&](NodeReport& next) { next.persist = state; });
  const Result<SpaceOnDisk> space = FreeSpace(paths_.persist);
  if (!space) return;
  const std::uint64_t free_mib = space->free_bytes / (1024 * 1024);
  const std::uint64_t floor_mib = CacheFloorMib(settings_->cache_floor_mib, state);
  if (free_mib < floor_mib)
    findings_.Raise(
        "persist_low", Severity::kMedium, "persist",
        "less than " + std::to_string(floor_mib) + " MiB are free on " + paths_.persist);
  else
    findings_.Clear("persist_low", "persist");
  board_.Update([&](NodeReport& next) { next.persist_free_mib = free_mib; });
}

std::string HealthLoop::Problem() const {
  const std::shared_ptr<const NodeReport> report = board_.Get();
  if (!report->breadcrumb) return "nothing is composed";
  if (report->breadcrumb->incomplete) return "the composition is incomplete";
  if (report->live_ids.size() != report->breadcrumb->composition.modules.size())
    return "a module is not live";
  for (const ServiceReport& service : report->services)
    if (service.state.active != "active" && service.state.active != "inactive")
      return service.state.name + " is " + service.state.active;
  return "";
}

void HealthLoop::JudgeGate() {
  const std::shared_ptr<const NodeReport> report = board_.Get();
  if (!report->breadcrumb) return;
  const std::string running = CompositionHash(report->breadcrumb->composition.modules);
  if (running != judged_) {  // another set: judged from the start
    judged_ = running;
    judged_since_ = clock_.Monotonic();
    findings_.Clear("gate_stuck", "lkg");
    gate_ = HealthGate(RulesOf(*settings_.Get()));
    promoted_ = false;
  }
  const std::string problem = Problem();
  const std::chrono::seconds uptime(MeasureVitals(paths_).uptime_seconds.value_or(0));
  const GateVerdict verdict = gate_.Observe(uptime, problem);
  const std::string text = verdict == GateVerdict::kPassed ? "passed"
                           : problem.empty()               ? "waiting"
                                                           : "waiting: " + problem;
  board_.Update([&](NodeReport& next) {
    next.gate = text;
    if (verdict == GateVerdict::kPassed && !next.healthy_at) next.healthy_at = clock_.Monotonic();
  });
  if (verdict != GateVerdict::kPassed && clock_.Monotonic() - judged_since_ >= kGatePatience)
    findings_.Raise("gate_stuck", Severity::kHigh, "lkg",
                    "the running set has not become healthy within ten minutes: " +
                        (problem.empty() ? "no problem now" : problem));
  if (verdict != GateVerdict::kPassed || promoted_) return;

  promoted_ = true;
  findings_.Clear("gate_stuck", "lkg");
  if (report->breadcrumb->composition.source == CompositionSource::kLastKnownGood) return;
  if (Status promoted = Promote(paths_, *report->breadcrumb, clock_.UnixSeconds()); !promoted) {
    findings_.Raise(Severity::kHigh, "lkg", promoted.error());
    promoted_ = promoted.error().kind() == ErrorKind::kRefused;  // a full disk may have room later
    return;
  }
  findings_.ClearSubject("lkg");
  if (Status dropped = UnstageBehind(paths_, report->breadcrumb->composition); !dropped)
    findings_.Raise(Severity::kMedium, "lkg", dropped.error());
  (void)SpoolEvent(paths_, {.kind = "compose.promoted", .payload = {{"composition", running}}},
                   clock_.UnixSeconds());
  if (Status forgotten = ForgetAttempts(paths_, running); !forgotten)
    findings_.Raise(Severity::kMedium, "lkg", forgotten.error());
  if (Status raised = RaiseRevisionFloors(paths_, report->breadcrumb->composition); !raised)
    findings_.Raise(Severity::kMedium, "policy", raised.error());
  log_.Info("lkg", "the running set passed the health gate and is the last known good one",
            {{"composition", running}, {"message_id", kPromoted}});
  const Result<std::optional<LastKnownGood>> good = LoadLastKnownGood(paths_);
  if (good)
    board_.Update([&](NodeReport& next) {
      next.last_known_good = *good;
      next.attempts = 0;
    });
  ReportTriedSets(paths_, board_);
}

std::string HealthLoop::Undecided() const {
  return gate_.passed() || !gate_.last_problem().empty() ? "" : judged_;
}

void HealthLoop::WriteStatus() {
  const std::shared_ptr<JoinedPlatform> platform = platform_.Get();
  const enroll::CredentialsPtr credentials = platform ? platform->session.credentials() : nullptr;
  const Json body = StatusBody(*board_.Get(), credentials.get(), heartbeat_.last(),
                               findings_.ToJson(), clock_.UnixSeconds());
  if (Status written = WriteFileAtomically(paths_.status, DumpJson(body, 2) + "\n", 0644); !written)
    findings_.Raise(Severity::kLow, "status", written.error());
}

}  // namespace powernode::runtime
