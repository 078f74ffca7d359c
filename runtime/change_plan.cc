#include "runtime/change_plan.h"

#include <algorithm>

#include "runtime/attempts.h"

namespace powernode::runtime {
namespace {

std::string Short(const std::string& hash) { return hash.substr(0, 12); }

class Planner {
 public:
  explicit Planner(const ChangeFacts& facts)
      : facts_(facts), wanted_(CompositionHash(facts.wanted.modules)) {
    if (facts.running) running_ = CompositionHash(facts.running->composition.modules);
  }

  std::vector<Action> Run() {
    if (wanted_ == running_) {
      if (facts_.staged)
        Add(ActionKind::kUnstage, *facts_.staged, "the running set is the wanted one");
      return std::move(actions_);
    }
    if (Refused() || Waits()) return std::move(actions_);
    const bool pivot = facts_.running && facts_.running->mode == NodeMode::kPivot;
    if (pivot && IsNext()) return std::move(actions_);
    Bring();
    if (pivot)
      AddNext();
    else
      Exchange();
    return std::move(actions_);
  }

 private:
  void Add(ActionKind kind, const std::string& subject, std::string detail) {
    actions_.push_back({.kind = kind, .subject = subject, .detail = std::move(detail)});
  }

  bool IsLastKnownGood() const { return facts_.last_known_good == wanted_; }

  // The last known good set needs no record to be booted, only that no other stands before it.
  bool IsNext() const { return facts_.staged == wanted_ || (IsLastKnownGood() && !facts_.staged); }

  void AddNext() {
    if (IsLastKnownGood())
      Add(ActionKind::kUnstage, *facts_.staged, "the wanted set is the last known good one");
    else
      Add(ActionKind::kStage, wanted_, "the next boot composes it");
  }

  bool Refused() {
    if (facts_.policy.mode != verify::TrustMode::kEnforce) return false;
    for (const ComposedModule& module : facts_.wanted.modules)
      if (facts_.policy.RuleFor(module.name) == nullptr)
        Add(ActionKind::kRefuse, module.id, "no rule of the policy covers " + module.name);
    return !actions_.empty();
  }

  bool Waits() {
    if (facts_.attempts < kMostAttempts || IsLastKnownGood()) return false;
    Add(ActionKind::kWait, wanted_,
        "tried " + std::to_string(facts_.attempts) + " times, not again until it changes");
    return true;
  }

  void Bring() {
    for (const ComposedModule& module : facts_.wanted.modules) {
      const bool here = facts_.stored.contains(module.digest);
      Add(here ? ActionKind::kProve : ActionKind::kFetch, module.id,
          module.digest.substr(0, 19) + " of " + module.name);
    }
  }

  void Exchange() {
    std::set<std::string> digests;
    for (const ComposedModule& module : facts_.wanted.modules)
      if (digests.insert(module.digest).second && !facts_.mounted.contains(module.digest))
        Add(ActionKind::kMountLayer, module.id, module.digest.substr(0, 19));
    for (const std::string& unit : facts_.units.changed)
      Add(ActionKind::kStopUnit, unit, "its module changes");
    for (const std::string& unit : facts_.units.removed)
      Add(ActionKind::kStopUnit, unit, "its module goes");
    if (facts_.running && digests.empty())
      Add(ActionKind::kUnmountUnion, running_, "no module is wanted");
    else if (!facts_.running)
      Add(ActionKind::kMountUnion, wanted_, std::to_string(digests.size()) + " layers");
    else if (LayersDiffer())
      Add(ActionKind::kExchangeUnion, wanted_, Short(running_) + " -> " + Short(wanted_));
    for (const std::string& unit : facts_.units.changed)
      Add(ActionKind::kStartUnit, unit, "its module changed");
    for (const std::string& unit : facts_.units.added)
      Add(ActionKind::kStartUnit, unit, "its module came");
    for (const std::string& digest : facts_.mounted)
      if (!digests.contains(digest))
        Add(ActionKind::kReleaseLayer, digest.substr(0, 19), "when nothing uses it");
  }

  // Sets may differ in what does not show in the union.
  bool LayersDiffer() const {
    const auto digests = [](const std::vector<ComposedModule>& modules) {
      std::vector<std::string> all;
      for (const ComposedModule& module : modules) all.push_back(module.digest);
      return all;
    };
    return digests(facts_.running->composition.modules) != digests(facts_.wanted.modules);
  }

  const ChangeFacts& facts_;
  std::string wanted_;
  std::string running_;
  std::vector<Action> actions_;
};

}  // namespace

std::string_view ActionName(ActionKind kind) {
  switch (kind) {
    case ActionKind::kRefuse:
      return "refuse";
    case ActionKind::kWait:
      return "wait";
    case ActionKind::kFetch:
      return "fetch";
    case ActionKind::kProve:
      return "prove";
    case ActionKind::kStage:
      return "stage";
    case ActionKind::kUnstage:
      return "unstage";
    case ActionKind::kMountLayer:
      return "mount-layer";
    case ActionKind::kStopUnit:
      return "stop-unit";
    case ActionKind::kMountUnion:
      return "mount-union";
    case ActionKind::kExchangeUnion:
      return "exchange-union";
    case ActionKind::kUnmountUnion:
      return "unmount-union";
    case ActionKind::kStartUnit:
      return "start-unit";
    case ActionKind::kReleaseLayer:
      return "release-layer";
  }
  return "";
}

std::vector<Action> PlanChange(const ChangeFacts& facts) { return Planner(facts).Run(); }

Json ToJson(const std::vector<Action>& actions) {
  Json array = Json::array();
  for (const Action& action : actions)
    array.push_back({{"action", ActionName(action.kind)},
                     {"subject", action.subject},
                     {"detail", action.detail}});
  return array;
}

}  // namespace powernode::runtime
