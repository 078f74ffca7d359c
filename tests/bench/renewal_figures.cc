// A thousand renewals while three threads call the platform all the time: how many calls fail, and
// how long the longest one takes.

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "enroll/adopt.h"
#include "enroll/pki_store.h"
#include "enroll/refresh.h"
#include "tests/bench/figure.h"
#include "tests/bench/joined_node.h"
#include "tests/support/temporary_directory.h"

namespace powernode::bench {
namespace {

constexpr int kRenewals = 1000;
constexpr std::array kLanes = {enroll::LaneName::kControl, enroll::LaneName::kTask,
                               enroll::LaneName::kDownload};

void Renew(enroll::Session& session, enroll::PkiStore& store) {
  const Result<enroll::Refreshed> renewed =
      enroll::Refresh(session, store, enroll::CurlTransports(), SystemClock(), {});
  if (!renewed) throw std::runtime_error(renewed.error().message());
  const Status adopted =
      enroll::Adopt(session, renewed->credentials, enroll::CurlTransports(), SystemClock(), {});
  if (!adopted) throw std::runtime_error(adopted.error().message());
  if (!store.MarkProven(renewed->credentials->generation)) throw std::runtime_error("not marked");
}

}  // namespace

std::vector<Figure> RenewalFigures() {
  const testing::TemporaryDirectory directory;
  const JoinedNode node((directory / "node").string());
  enroll::PkiStore store(node.paths.pki);
  enroll::Session session(node.credentials, enroll::CurlTransports(), SystemClock());
  std::atomic<std::uint64_t> calls = 0;
  std::atomic<std::uint64_t> failed = 0;
  std::mutex mutex;
  Milliseconds longest{0};
  std::vector<std::jthread> users;
  for (const enroll::LaneName lane : kLanes)
    users.emplace_back([&, lane](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        bool good = false;
        const Milliseconds took = Timed(
            [&] { good = session.Call({.path = "status", .body = {}, .lane = lane}, {}).ok(); });
        ++calls;
        if (!good) ++failed;
        const std::scoped_lock lock(mutex);
        longest = std::max(longest, took);
      }
    });
  const Milliseconds all = Timed([&] {
    for (int i = 0; i < kRenewals; ++i) Renew(session, store);
  });
  users.clear();
  return {{"failed calls in 1,000 renewals", std::to_string(failed), "0",
           std::to_string(calls) + " calls, the longest " + Text(longest.count(), "ms") + "; " +
               Text(all.count() / kRenewals, "ms") + " a renewal",
           failed == 0}};
}

}  // namespace powernode::bench
