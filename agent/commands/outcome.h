// What a command has to say at its end (node-files.md §16): one object on stdout with --json, also
// on failure; for people the same in a stable order, errors once on stderr. stdout is data, stderr
// is for people.
#pragma once

#include <optional>
#include <string>

#include "agent/base/error.h"
#include "agent/base/json.h"
#include "agent/commands/exit_codes.h"

namespace powernode::commands {

struct Outcome {
  std::string stage;
  std::optional<Error> error;
  ExitCode exit_code = kOk;
  std::string status = "ok";  // ok, error, partial, noop, refused
  OrderedJson details = OrderedJson::object();
  std::string text;  // for people, instead of the details; empty: the details are printed

  static Outcome Failed(std::string stage, Error error);
};

enum class Style { kPeople, kJson };

// Prints and returns the exit code.
int Print(const std::string& command, const Outcome& outcome, Style style, long duration_ms);

}  // namespace powernode::commands
