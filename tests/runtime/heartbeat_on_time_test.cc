// The heartbeat is never late because of anything else (field lesson RT-1): the service itself
// against the reference control plane, and every other thread of it stuck.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include "agent/base/files.h"
#include "runtime/breadcrumb.h"
#include "runtime/metrics_socket.h"
#include "runtime/service.h"
#include "tests/platform/fixture.h"
#include "tests/runtime/sample.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::heartbeat_on_time_test {
namespace {

using namespace std::chrono_literals;
using Plane = platform::Fixture;
using testing::SampleModule;

// A service manager that does not answer until it is let go.
class StuckManager : public ProcessRunner {
 public:
  Result<ProcessOutcome> Run(const std::vector<std::string>&, std::chrono::milliseconds,
                             std::stop_token) override {
    std::unique_lock lock(mutex_);
    ++waiting_;
    released_.wait(lock, [&] { return free_; });
    --waiting_;
    return Error(ErrorKind::kUnavailable, "timeout", "systemctl");
  }
  int waiting() {
    const std::scoped_lock lock(mutex_);
    return waiting_;
  }
  void Release() {
    const std::scoped_lock lock(mutex_);
    free_ = true;
    released_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable released_;
  int waiting_ = 0;
  bool free_ = false;
};

// Lets it go however a test ends.
struct Releaser {
  StuckManager& manager;
  ~Releaser() { manager.Release(); }
};

Fd SilentClient(const std::string& path) {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.data(), path.size());
  (void)::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  return fd;
}

// A node with a module that has a service, which is all its health loop needs to ask the manager.
struct Node {
  explicit Node(Plane& plane) {
    const platform::FixtureNode row = plane.AddNode("n1");
    for (const std::string& file : {paths.etc_identity, paths.image_ca, paths.composed})
      REQUIRE(MakeDirectories(DirectoryOf(file), 0755));
    REQUIRE(WriteFile(paths.etc_identity,
                      "ID=" + row.id + "\nKEY=" + row.token + "\nSERVER=" + plane.Url() + "\n",
                      0600));
    REQUIRE(WriteFile(paths.image_ca, plane.CaPem(), 0644));
    ComposedModule web = SampleModule("web", 1);
    web.manifest["services"] =
        Json::parse(R"([{"name": "server", "start_command": "/usr/bin/web"}])");
    REQUIRE(WriteBreadcrumb(
        paths,
        {.composition = {.modules = {web}}, .mode = NodeMode::kPivot, .boot_id = *BootId(paths)}));
  }

  ServiceRequest Request() const {
    ServiceRequest request{.paths = paths, .settings = {}};
    request.settings.heartbeat_interval = 1s;
    request.settings.reconcile_interval = 1s;
    request.settings.gate_interval = 1s;
    return request;
  }

  powernode::testing::TemporaryDirectory root;
  Paths paths = Paths::Below(root.path().string());
};

template <typename Condition>
bool Eventually(Condition condition) {
  const auto deadline = SystemClock().Monotonic() + 60s;
  while (!condition()) {
    if (SystemClock().Monotonic() > deadline) return false;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

TEST_CASE("heartbeat: every other thread is stuck, and it keeps its period") {
  Plane plane;
  const Node node(plane);
  const Paths& paths = node.paths;
  plane.Fault({"delay", "--route", "modules", "--number", "120000"});
  plane.Fault({"delay", "--route", "enroll/refresh", "--number", "120000"});

  Log log(-1, LogFormat::kPeople, LogLevel::kError);
  StuckManager manager;
  const ServiceRequest request = node.Request();
  const ServiceNotifier nobody = ServiceNotifier::FromEnvironment();
  Status ended = Ok();
  std::jthread service([&](std::stop_token stop) {
    ended = RunService(request, nobody, manager, ReadOnlyClock(), log, stop);
  });
  const Releaser releaser{manager};
  const auto beats = [&] { return plane.Requests("status/heartbeat").size(); };

  REQUIRE(Eventually([&] { return beats() > 0; }));
  CHECK(Eventually([&] { return manager.waiting() > 0; }));  // health
  plane.Verb({"certificate", "renew", "n1"});                // credentials
  std::vector<Fd> clients;                                   // metrics
  for (int i = 0; i < 6; ++i) clients.push_back(SilentClient(MetricsSocketPath(paths)));
  std::this_thread::sleep_for(2s);

  std::vector<std::chrono::milliseconds> seen;
  const auto end = SystemClock().Monotonic() + 8s;
  for (std::size_t known = beats(); SystemClock().Monotonic() < end;) {
    const std::size_t now = beats();
    if (now > known) seen.push_back(SystemClock().Monotonic());
    known = now;
    std::this_thread::sleep_for(10ms);
  }
  REQUIRE(seen.size() >= 6);
  for (std::size_t i = 1; i < seen.size(); ++i) CHECK(seen[i] - seen[i - 1] < 1800ms);
  // They were stuck to the end.
  CHECK(manager.waiting() > 0);
  const auto answered = [&](const std::string& path) {
    const auto all = plane.Requests(path);
    return std::count_if(all.begin(), all.end(),
                         [](const auto& one) { return one.value("status", 0) == 200; });
  };
  CHECK(answered("modules") == 0);
  CHECK(answered("enroll/refresh") == 0);

  manager.Release();
  service.request_stop();
  service.join();
  CHECK(ended);
}

// Throws as a library may.
class ThrowingManager : public ProcessRunner {
 public:
  Result<ProcessOutcome> Run(const std::vector<std::string>&, std::chrono::milliseconds,
                             std::stop_token) override {
    throw std::runtime_error("out of memory");
  }
};

TEST_CASE("heartbeat: says which loop fails, and goes on") {
  Plane plane;
  const Node node(plane);
  Log log(-1, LogFormat::kPeople, LogLevel::kError);
  ThrowingManager manager;
  const ServiceRequest request = node.Request();
  const ServiceNotifier nobody = ServiceNotifier::FromEnvironment();
  Status ended = Ok();
  std::jthread service([&](std::stop_token stop) {
    ended = RunService(request, nobody, manager, ReadOnlyClock(), log, stop);
  });
  CHECK(Eventually([&] {
    const auto beat = plane.StatusOf("n1").value("last_heartbeat", nlohmann::json());
    if (!beat.is_object()) return false;
    for (const auto& finding : beat.value("findings", nlohmann::json::array()))
      if (finding.value("code", "") == "loop_failed" && finding.value("subject", "") == "health")
        return true;
    return false;
  }));
  service.request_stop();
  service.join();
  CHECK(ended);
}

}  // namespace
}  // namespace powernode::runtime::heartbeat_on_time_test
