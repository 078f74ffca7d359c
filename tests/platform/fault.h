// A fault somebody asked for: which requests it hits, how often, and what it does to them. The
// table of kinds is the whole catalogue; fault_effects.h carries them out.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace powernode::platform {

struct Fault {
  std::int64_t id = 0;
  std::string kind;  // a name from FaultKinds()
  std::string route =
      "*";                // shell pattern over the path below the API prefix; `*` also matches `/`
  std::string method;     // empty = any
  std::string node;       // id of the calling node; empty = any
  std::int64_t skip = 0;  // matching requests to let pass first
  std::int64_t count = -1;  // matching requests to hit; -1 = all
  double probability = 1.0;
  // Parameters; the kind says which it reads.
  std::int64_t number = 0;
  std::int64_t retry_after = -1;  // seconds; -1 = no hint
  std::string text;
  std::int64_t hits = 0;
};

// When a kind acts. kConnection: before the request is known, so that route, method and node do not
// apply. kObjects: on an answer with objects; `text` is the digest of the one concerned, empty for
// the first there is.
enum class FaultStage { kConnection, kBefore, kAnswer, kObjects, kWire };

struct FaultKind {
  std::string_view name;
  FaultStage stage;
  std::string_view parameters;
  std::string_view effect;
};

std::span<const FaultKind> FaultKinds();
const FaultKind* FindFaultKind(std::string_view name);

// The part of a request that faults are chosen by.
struct FaultSubject {
  std::string method;
  std::string path;  // below the API prefix, "modules/m1/manifest"
  std::string node_id;
  std::string_view body{};
};

// The faults that hit this request, in table order; uses up their skips and counts. `dice` is in
// [0, 1).
std::vector<Fault> TakeFaults(std::vector<Fault>& table, const FaultSubject& subject, double dice);
// The connection faults that hit a new connection.
std::vector<Fault> TakeConnectionFaults(std::vector<Fault>& table, double dice);

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Fault, id, kind, route, method, node, skip, count,
                                                probability, number, retry_after, text, hits)

}  // namespace powernode::platform
