// GET modules (node-api.md §10.1, §10.6): a list is complete or it is wrong. Short, contradictory
// and duplicated lists are an error here, so that no caller composes from half an answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/json.h"
#include "agent/base/result.h"

namespace powernode::enroll {

struct ModuleEntry {
  std::string id;
  std::string name;
  std::int64_t effective_priority = 0;
  std::vector<std::string> dependencies;
  std::string digest;  // 64 hex digits when the list carries it, else empty
};

struct ModuleList {
  std::vector<ModuleEntry> modules;  // in the server's order, which means nothing; may be empty
  std::optional<std::int64_t> assignment_revision;
  std::vector<std::string> removed;  // ids the platform says it took away on purpose
  std::string signed_assignment;     // a DSSE envelope's JSON (node-api.md §12.2); empty: none
};

// kCannotTell "partial_answer": no list, `count` differs, `complete` is false, an id twice, an
// element without id or name. The message says which.
Result<ModuleList> ParseModuleList(const Json& data);

// "nginx needs module m0, which is not in the list", one text each.
std::vector<std::string> MissingDependencies(const ModuleList& list);

}  // namespace powernode::enroll
