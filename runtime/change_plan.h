// How a node gets from what it runs to what it should run: a pure function from what is known to
// named actions in the order in which they are done. `update` prints them, with --dry-run before
// anything is done; the reconciler carries them out.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/json.h"
#include "runtime/breadcrumb.h"
#include "runtime/composition.h"
#include "runtime/unit_directory.h"
#include "verify/policy.h"

namespace powernode::runtime {

enum class ActionKind {
  kRefuse,         // no rule of the policy covers the module: nothing is done
  kWait,           // the set was tried twice and never stood: nothing is done until it changes
  kFetch,          // an image comes over the network
  kProve,          // a stored image is measured and its signature checked
  kStage,          // the next boot composes the set
  kUnstage,        // nothing waits for the next boot any more
  kMountLayer,     // an image that is not mounted yet
  kStopUnit,       // of a module that changes or goes
  kMountUnion,     // there was none
  kExchangeUnion,  // the new one takes the former one's place
  kUnmountUnion,   // no module is wanted
  kStartUnit,      // of a module that changes or comes
  kReleaseLayer,   // an image that no union consists of any more
};
std::string_view ActionName(ActionKind kind);  // "refuse", "fetch", "mount-layer", ...

struct Action {
  ActionKind kind;
  std::string subject;  // a module's id, a unit's name, the hash of a set; may be empty
  std::string detail;
};

struct ChangeFacts {
  const Composition& wanted;
  const std::optional<Breadcrumb>& running;
  std::optional<std::string> staged;           // the hash of the set that the next boot composes
  std::optional<std::string> last_known_good;  // likewise
  unsigned attempts = 0;                       // of the wanted set, without a verdict
  std::set<std::string> stored;                // "sha256:<hex>" of the images in the store
  std::set<std::string> mounted;               // of the images that the mount table shows
  UnitChanges units;                           // host mode
  const verify::Policy& policy;
};

// Empty: the node runs what it should.
std::vector<Action> PlanChange(const ChangeFacts& facts);

Json ToJson(const std::vector<Action>& actions);

}  // namespace powernode::runtime
