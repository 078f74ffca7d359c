// The last set of modules that was composed and then passed the health gate (node-files.md §10). It
// is what a node boots when the control plane does not answer. Promotion copies the breadcrumb of
// this boot, never the live list; the former one stays as lkg.prev.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "runtime/breadcrumb.h"
#include "runtime/composition.h"

namespace powernode::runtime {

struct LastKnownGood {
  Composition composition;
  std::int64_t confirmed_at = 0;  // seconds since 1970
  std::string confirmed_boot_id;
};

// lkg.json, or lkg.prev.json when the former is missing or corrupt (which is then set aside).
// nullopt: none.
Result<std::optional<LastKnownGood>> LoadLastKnownGood(const Paths& paths);
// lkg.prev.json. nullopt: none.
Result<std::optional<LastKnownGood>> LoadFormerGood(const Paths& paths);
// Of one file; nothing is set aside.
Result<std::optional<LastKnownGood>> ReadLastKnownGood(const std::string& path);

// An operator has left the flag compose/lkg.disabled, or the former agent's: it is not booted.
bool LastKnownGoodDisabled(const Paths& paths);

// Every set that is kept, lkg.json and lkg.prev.json. Nothing is set aside, and one that cannot be
// read is the error: for decisions about what may be removed.
Result<std::vector<Composition>> KeptSets(const Paths& paths);

// kRefused "not_promotable" when the breadcrumb is incomplete or itself came from the last known
// good set.
Status Promote(const Paths& paths, const Breadcrumb& breadcrumb, std::int64_t now_unix);

// No set is good any more: the owner or an operator wants none. Missing is fine.
Status ForgetLastKnownGood(const Paths& paths);

// Puts `edited` in the place of lkg.json, which stays as lkg.json.backup-<time>. Returns that path.
Result<std::string> ReplaceLastKnownGood(const Paths& paths, const LastKnownGood& edited,
                                         std::int64_t now_unix);

}  // namespace powernode::runtime
