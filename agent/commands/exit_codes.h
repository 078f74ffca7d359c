// The one table of exit codes (node-files.md §16).
#pragma once

#include "agent/base/error.h"

namespace powernode::commands {

enum ExitCode : int {
  kOk = 0,
  kGeneric = 1,
  kVerificationFailed = 2,
  kMountFailed = 3,
  kUnitFailed = 4,
  kPlatformFailed = 5,
  kRefusedByPolicy = 6,
  kPartial = 8,
  kWouldBeRefused = 11,
  kCouldNotTell = 12,
  kLocked = 14,
};

// By kind, and by code where one kind has several meanings for the operator.
ExitCode ExitCodeOf(const Error& error);

}  // namespace powernode::commands
