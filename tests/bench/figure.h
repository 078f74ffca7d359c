// One line of the table that `make bench` prints: what was measured, the bar it is held against,
// and the reference measured beside it in the same run. A bar that is missed is said, not hidden;
// nothing here is a test.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace powernode::bench {

struct Figure {
  std::string name;
  std::string measured;
  std::string bar;
  std::string reference;
  bool within = false;
};

// The paths the figures are taken on.
struct Subject {
  std::string agent;  // the stripped program that ships
};

using Milliseconds = std::chrono::duration<double, std::milli>;

Milliseconds Median(std::vector<Milliseconds> runs);
Milliseconds Timed(const std::function<void()>& work);
std::string Text(double value, const char* unit);  // "3.42 ms"

std::vector<Figure> ProcessFigures(const Subject& subject);
std::vector<Figure> ComposeFigures();
std::vector<Figure> ComposefsFigures();
std::vector<Figure> DigestFigures();
std::vector<Figure> PackFigures(const Subject& subject);
std::vector<Figure> PullFigures();
std::vector<Figure> RenewalFigures();
std::vector<Figure> SignatureFigures();
std::vector<Figure> SwapFigures();
std::vector<Figure> ServiceFigures();

}  // namespace powernode::bench
