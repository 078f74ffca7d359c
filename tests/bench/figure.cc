#include "tests/bench/figure.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace powernode::bench {

Milliseconds Median(std::vector<Milliseconds> runs) {
  std::sort(runs.begin(), runs.end());
  return runs[runs.size() / 2];
}

Milliseconds Timed(const std::function<void()>& work) {
  const auto started = std::chrono::steady_clock::now();
  work();
  return std::chrono::steady_clock::now() - started;
}

std::string Text(double value, const char* unit) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.2f %s", value, unit);
  return text.data();
}

}  // namespace powernode::bench
