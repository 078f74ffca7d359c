#include "tests/support/run_tests.h"

int main(int argc, char** argv) {
  return powernode::testing::RunTests(argc, argv, powernode::testing::Privilege::kNone);
}
