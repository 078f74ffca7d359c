// A composition: which modules, in which order, make up the root or the union (node-files.md §5.5).
// Its hash names it: two nodes with the same hash run the same bytes in the same order with the
// same manifests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/json.h"
#include "agent/base/result.h"

namespace powernode::runtime {

struct ComposedModule {
  std::string id;
  std::string name;
  std::string digest;  // "sha256:<hex>" of the image file
  std::uint64_t size = 0;
  std::string format = "erofs";
  std::string fsverity;  // hex; empty: not given
  std::int64_t effective_priority = 0;
  std::string manifest_sha256;
  Json manifest = Json::object();
  Json proof;                         // verify::VerificationReport; null: not judged yet
  std::string enforcement;            // mount::EnforcementName, as composed; empty: not composed
  std::uint64_t signed_revision = 0;  // of the module statement; 0: its signature has none
};

// Where the set came from.
enum class CompositionSource { kLive, kStaged, kLastKnownGood };

struct Composition {
  std::vector<ComposedModule> modules;  // lowest layer first
  std::int64_t revision = 0;            // assignment_revision; 0: the server sent none
  CompositionSource source = CompositionSource::kLive;
  std::string reason;
  std::int64_t created_at = 0;  // seconds since 1970
};

std::string_view CompositionSourceName(CompositionSource source);  // "live", "staged", "lkg"

// Orders modules low to high: effective_priority, then id (node-files.md §11.1).
void SortLowToHigh(std::vector<ComposedModule>& modules);

// SHA-256 over the lines of node-files.md §5.5; does not depend on the order of `modules`.
std::string CompositionHash(const std::vector<ComposedModule>& modules);

Json ToJson(const Composition& composition);
// kInvalid when a needed field is missing or malformed: such a record is not bootable.
Result<Composition> CompositionFromJson(const Json& body);

}  // namespace powernode::runtime
