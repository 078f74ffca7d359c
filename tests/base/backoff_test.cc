#include "agent/base/backoff.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace powernode::backoff_test {
namespace {

using std::chrono::milliseconds;

TEST_SUITE_BEGIN("backoff");

// The n-th wait of `runs` fresh back-offs.
std::vector<std::int64_t> Waits(unsigned n, int runs) {
  std::vector<std::int64_t> waits;
  for (int i = 0; i < runs; ++i) {
    Backoff backoff(milliseconds(1000), milliseconds(60'000));
    for (unsigned k = 0; k < n; ++k) (void)backoff.Next();
    waits.push_back(backoff.Next().count());
  }
  return waits;
}

TEST_CASE("each wait is between zero and twice the limit before, up to the cap") {
  struct Row {
    unsigned n;
    std::int64_t limit;
  };
  for (const Row& row :
       {Row{0, 1000}, Row{1, 2000}, Row{5, 32'000}, Row{6, 60'000}, Row{40, 60'000}}) {
    const std::vector<std::int64_t> waits = Waits(row.n, 300);
    INFO("wait " << row.n);
    CHECK(*std::min_element(waits.begin(), waits.end()) >= 0);
    CHECK(*std::max_element(waits.begin(), waits.end()) <= row.limit);
    // Full jitter: of 300 uniform draws, some fall into the lowest and some into the highest tenth.
    CHECK(*std::min_element(waits.begin(), waits.end()) < row.limit / 10);
    CHECK(*std::max_element(waits.begin(), waits.end()) > row.limit * 9 / 10);
  }
}

TEST_CASE("a reset begins again at the base") {
  Backoff backoff(milliseconds(10), milliseconds(100'000));
  for (int i = 0; i < 12; ++i) (void)backoff.Next();
  for (int i = 0; i < 100; ++i) {
    backoff.Reset();
    CHECK(backoff.Next() <= milliseconds(10));
  }
}

TEST_CASE("a thousand failures neither overflow nor pass the cap") {
  Backoff backoff(std::chrono::minutes(5), std::chrono::hours(6));
  for (int i = 0; i < 1000; ++i) {
    const milliseconds wait = backoff.Next();
    CHECK(wait >= milliseconds(0));
    CHECK(wait <= std::chrono::hours(6));
  }
}

TEST_CASE("a jittered period stays within its fraction and has the period as its mean") {
  std::int64_t sum = 0;
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws; ++i) {
    const std::int64_t draw = Jittered(milliseconds(30'000), 0.1).count();
    CHECK(draw >= 27'000);
    CHECK(draw <= 33'000);
    sum += draw;
  }
  CHECK(sum / kDraws > 29'800);  // six standard deviations of the mean
  CHECK(sum / kDraws < 30'200);
  CHECK(Jittered(milliseconds(500), 0).count() == 500);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::backoff_test
