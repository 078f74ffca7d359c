// main() of every test program: doctest inside the path guard, and the privileges that mount tests
// need.
#pragma once

namespace powernode::testing {

enum class Privilege {
  kNone,
  kRoot,  // runs in a private mount namespace; without root it is skipped loudly, and fails where
          // CI=true
};

// Returned by a skipped program; ctest shows it as "Skipped".
inline constexpr int kSkipped = 77;

int RunTests(int argc, char** argv, Privilege privilege);

}  // namespace powernode::testing
