// The parts of the service that are values or small machines of their own.

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "agent/base/files.h"
#include "runtime/assignment.h"
#include "runtime/findings.h"
#include "runtime/health_gate.h"
#include "runtime/node_report.h"
#include "runtime/reconcile_plan.h"
#include "runtime/supervisor.h"
#include "runtime/systemd.h"
#include "tests/runtime/sample.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::service_parts_test {
namespace {

using namespace std::chrono_literals;
using powernode::testing::TemporaryDirectory;
using testing::SampleModule;

Log& SilentLog() {
  static Log log(-1, LogFormat::kPeople, LogLevel::kError);
  return log;
}

TEST_SUITE("plan") {
  TEST_CASE("names what would be added, updated, reordered and removed") {
    Composition running{.modules = {SampleModule("gone", 1), SampleModule("newer", 2),
                                    SampleModule("moved", 3), SampleModule("same", 4),
                                    SampleModule("edited", 5)}};
    Composition wanted{.modules = {SampleModule("newer", 2), SampleModule("moved", 9),
                                   SampleModule("same", 4), SampleModule("edited", 5),
                                   SampleModule("added", 6)}};
    wanted.modules[0].digest = SampleModule("other", 2).digest;
    wanted.modules[3].manifest_sha256 = "edited";
    std::string text;
    for (const PlanStep& step : PlanReconcile(running, wanted))
      text += std::string(StepKindName(step.kind)) + " " + step.id + ";";
    CHECK(text == "update newer;reorder moved;manifest edited;add added;remove gone;");
    CHECK(PlanReconcile(wanted, wanted).empty());
  }

  TEST_CASE("a module that goes without being named as removed is unannounced") {
    const Composition running{.modules = {SampleModule("a", 1), SampleModule("b", 2)}};
    Assignment wanted{.composition = {.modules = {SampleModule("a", 1)}}, .removed = {}};
    CHECK(UnannouncedRemovals(running, wanted).size() == 1);
    wanted.removed = {"b"};
    CHECK(UnannouncedRemovals(running, wanted).empty());
  }
}

TEST_SUITE("health gate") {
  TEST_CASE("passes after enough good probes in a row, and not before the uptime") {
    HealthGate gate({.probes_needed = 3, .uptime_needed = 60s});
    CHECK(gate.Observe(10s, "") == GateVerdict::kWaiting);
    CHECK(gate.Observe(61s, "") == GateVerdict::kWaiting);
    CHECK(gate.Observe(76s, "") == GateVerdict::kWaiting);
    CHECK(gate.Observe(91s, "nginx is failed") == GateVerdict::kWaiting);
    CHECK(gate.Observe(106s, "") == GateVerdict::kWaiting);
    CHECK(gate.Observe(121s, "") == GateVerdict::kWaiting);
    CHECK(gate.Observe(136s, "") == GateVerdict::kPassed);
  }
}

TEST_SUITE("supervisor") {
  TEST_CASE("loops run beside each other, are woken, outlive an exception, and end at once") {
    std::atomic<int> fast = 0;
    std::atomic<int> thrown = 0;
    std::atomic<int> woken = 0;
    Supervisor supervisor(SystemClock(), SilentLog());
    supervisor.Start({"fast", 1000ms, [&](std::stop_token) {
                        ++fast;
                        return 1ms;
                      }});
    supervisor.Start({"throws", 1000ms, [&](std::stop_token) -> std::chrono::milliseconds {
                        ++thrown;
                        throw std::runtime_error("library");
                      }});
    supervisor.Start({"asleep", 1000ms, [&](std::stop_token) {
                        ++woken;
                        return 1h;
                      }});
    const auto deadline = SystemClock().Monotonic() + 5s;
    while ((fast < 10 || woken < 1 || supervisor.Failing().empty()) &&
           SystemClock().Monotonic() < deadline)
      std::this_thread::sleep_for(1ms);
    supervisor.Wake("asleep");
    while (woken < 2 && SystemClock().Monotonic() < deadline) std::this_thread::sleep_for(1ms);
    CHECK(fast >= 10);
    CHECK(thrown == 1);
    CHECK(woken == 2);
    CHECK(supervisor.Failing() == std::vector<std::string>{"throws"});
    for (const auto& [loop, restarts] : supervisor.Restarts())
      CHECK(restarts == (loop == "throws" ? 1U : 0U));
    const auto started = SystemClock().Monotonic();
    supervisor.Stop();
    CHECK(SystemClock().Monotonic() - started < 1s);
  }

  TEST_CASE("a loop that works again is not failing") {
    std::atomic<int> ticks = 0;
    Supervisor supervisor(SystemClock(), SilentLog());
    supervisor.Start({"once", 1000ms, [&](std::stop_token) -> std::chrono::milliseconds {
                        if (ticks++ == 0) throw std::runtime_error("library");
                        return 1h;
                      }});
    const auto deadline = SystemClock().Monotonic() + 5s;
    while (supervisor.Failing().empty() && SystemClock().Monotonic() < deadline)
      std::this_thread::sleep_for(1ms);
    CHECK(supervisor.Failing() == std::vector<std::string>{"once"});
    supervisor.Wake("once");
    while (!supervisor.Failing().empty() && SystemClock().Monotonic() < deadline)
      std::this_thread::sleep_for(1ms);
    CHECK(supervisor.Failing().empty());
    CHECK(ticks == 2);
  }

  TEST_CASE("a tick over its patience is named") {
    Supervisor supervisor(SystemClock(), SilentLog());
    supervisor.Start({"stuck", 20ms, [](std::stop_token stop) {
                        SystemClock().Sleep(10s, stop);
                        return 1ms;
                      }});
    const auto deadline = SystemClock().Monotonic() + 5s;
    while (!supervisor.Stuck() && SystemClock().Monotonic() < deadline)
      std::this_thread::sleep_for(5ms);
    CHECK(supervisor.Stuck() == "stuck");
  }
}

TEST_SUITE("supervisor's watch") {
  TEST_CASE("it looks when a loop has ticked, or its time is over, and ends when it is told") {
    Supervisor supervisor(SystemClock(), SilentLog());
    std::stop_source stop;
    const auto begin = SystemClock().Monotonic();
    CHECK(supervisor.AwaitTick(10ms, stop.get_token()));
    CHECK(SystemClock().Monotonic() - begin >= 9ms);
    supervisor.Start({"asleep", 1000ms, [](std::stop_token) { return 1h; }});
    CHECK(supervisor.AwaitTick(1h, stop.get_token()));
    supervisor.Wake("asleep");
    CHECK(supervisor.AwaitTick(1h, stop.get_token()));
    stop.request_stop();
    CHECK_FALSE(supervisor.AwaitTick(1h, stop.get_token()));
  }
}

TEST_SUITE("findings") {
  TEST_CASE("are kept once until their cause is gone, the most severe first") {
    Findings findings(SystemClock(), SilentLog());
    findings.Raise("a", Severity::kLow, "x", "first");
    findings.Raise("a", Severity::kLow, "x", "second");
    findings.Raise("b", Severity::kCritical, "x", "worse");
    REQUIRE(findings.List().size() == 2);
    CHECK(findings.List()[0].code == "b");
    CHECK(findings.List()[1].detail == "second");
    findings.ClearSubject("x");
    CHECK(findings.List().empty());
  }
}

TEST_SUITE("node report") {
  TEST_CASE(
      "a heartbeat names only modules that are proven live, and nothing that was not measured") {
    NodeReport report;
    report.breadcrumb =
        Breadcrumb{.composition = {.modules = {SampleModule("a", 1), SampleModule("b", 2)}}};
    report.live_ids = {"b"};
    const Json body =
        HeartbeatBody(report, {}, {}, enroll::CredentialMode::kMtls, Json::array(), 1000);
    CHECK(body["module_digests"].size() == 1);
    CHECK(body["module_digests"].contains("b"));
    CHECK(body["mount_state"] == "mounted");
    CHECK_FALSE(body.contains("uptime_seconds"));
    CHECK_FALSE(body.contains("load_average"));
    CHECK_FALSE(body.contains("architecture"));
    CHECK(body["lkg_present"] == false);
  }

  TEST_CASE("who holds a module's bytes is what was seen, not what was proven once") {
    NodeReport report;
    report.breadcrumb =
        Breadcrumb{.composition = {.modules = {SampleModule("a", 1), SampleModule("b", 2),
                                               SampleModule("c", 3)}}};
    for (ComposedModule& module : report.breadcrumb->composition.modules)
      module.proof = {{"kernel_verity", true}};
    report.live_ids = {"a", "b"};
    report.layers = {{"a", {.enforcement = mount::Enforcement::kKernel}}, {"b", {}}};

    const Json evidence = HeartbeatBody(report, {}, {}, enroll::CredentialMode::kMtls,
                                        Json::array(), 1000)["module_evidence"];
    REQUIRE(evidence.size() == 2);
    CHECK(evidence[0]["verity"] == true);
    CHECK(evidence[0]["enforcement"] == "kernel enforced");
    CHECK(evidence[1]["verity"] == false);
    CHECK(evidence[1]["enforcement"] == "verified when stored");

    const Json modules = StatusBody(report, nullptr, {}, Json::array(), 1000)["modules"];
    REQUIRE(modules.size() == 3);
    CHECK(modules[0]["enforcement"] == "kernel enforced");
    CHECK(modules[1]["enforcement"] == "verified when stored");
    CHECK(modules[2]["enforcement"] == "-");
  }

  TEST_CASE("evidence is what the kernel and the signature say, and absent where nobody says it") {
    NodeReport report;
    report.breadcrumb =
        Breadcrumb{.composition = {.modules = {SampleModule("a", 1), SampleModule("b", 2)}}};
    report.live_ids = {"a", "b"};
    report.layers = {{"a",
                      {.enforcement = mount::Enforcement::kKernel,
                       .fsverity_measured = "sha256:ab",
                       .mount_id = 71,
                       .position = 1}},
                     {"b", {.position = 2}}};
    report.services = {
        {.module_id = "a",
         .service = "web",
         .state = {.name = "powernode-a-web.service", .active = "active", .sub = "running"}},
        {.module_id = "other", .service = "x", .state = {.name = "x", .active = "failed"}}};
    report.breadcrumb->composition.modules[0].proof = {{"key_id", "9f3c"}};
    report.breadcrumb->composition.modules[1].proof = {
        {"identity", {{"san", "ci@example.org"}, {"issuer", "https://issuer.test"}}}};
    const Json evidence = HeartbeatBody(report, {}, {}, enroll::CredentialMode::kMtls,
                                        Json::array(), 1000)["module_evidence"];
    REQUIRE(evidence.size() == 2);
    CHECK(evidence[0]["layer"] == 1);
    CHECK(evidence[0]["mount_id"] == 71);
    CHECK(evidence[0]["fsverity_measured"] == "sha256:ab");
    CHECK(evidence[0]["keyid"] == "9f3c");
    CHECK(evidence[0]["units"] == Json::parse(R"([{"unit": "powernode-a-web.service",
                                                   "state": "active", "sub": "running"}])"));
    CHECK_FALSE(evidence[0].contains("identity"));
    CHECK(evidence[1]["layer"] == 2);
    CHECK(evidence[1]["identity"] == "ci@example.org");
    CHECK(evidence[1]["issuer"] == "https://issuer.test");
    for (const char* absent : {"mount_id", "fsverity_measured", "keyid", "units"})
      CHECK_FALSE(evidence[1].contains(absent));
  }

  TEST_CASE("vitals come from the kernel's files") {
    const TemporaryDirectory root;
    const std::string proc = root.path().string() + "/proc";
    REQUIRE(MakeDirectories(proc, 0755));
    REQUIRE(WriteFile(proc + "/uptime", "91.52 300.00\n", 0644));
    REQUIRE(WriteFile(proc + "/loadavg", "0.25 0.1 0.0 1/100 42\n", 0644));
    REQUIRE(WriteFile(proc + "/meminfo", "MemTotal:  2048 kB\nMemAvailable:  1024 kB\n", 0644));
    const Vitals vitals = MeasureVitals(Paths::Below(root.path().string()));
    CHECK(vitals.uptime_seconds == 91);
    CHECK(vitals.load_average == 0.25);
    CHECK(vitals.memory_free_kb == 1024);
    CHECK(vitals.memory_kb == 2048);
  }
}

TEST_SUITE("systemd") {
  TEST_CASE("systemctl show's records are read") {
    const auto states = ParseUnitStates(
        "Id=a.service\nActiveState=active\nSubState=running\nNRestarts=2\n\nId=b."
        "service\nActiveState=failed\n");
    REQUIRE(states.size() == 2);
    CHECK(states[0].restarts == 2);
    CHECK(states[1].active == "failed");
    CHECK(ParseUnitStates("").empty());
  }
}

}  // namespace
}  // namespace powernode::runtime::service_parts_test
