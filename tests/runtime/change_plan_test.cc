#include "runtime/change_plan.h"

#include <doctest/doctest.h>

#include "tests/runtime/sample.h"

namespace powernode::runtime::change_plan_test {
namespace {

using testing::SampleModule;

std::string Text(const std::vector<Action>& actions) {
  std::string text;
  for (const Action& action : actions)
    text += std::string(ActionName(action.kind)) + " " + action.subject + "\n";
  return text;
}

struct Node {
  Composition wanted;
  std::optional<Breadcrumb> running;
  verify::Policy policy{.mode = verify::TrustMode::kAudit};
  ChangeFacts facts{.wanted = wanted, .running = running, .policy = policy};

  explicit Node(std::vector<ComposedModule> modules) { wanted.modules = std::move(modules); }
  void Runs(std::vector<ComposedModule> modules, NodeMode mode) {
    running = Breadcrumb{.composition = {.modules = std::move(modules)}, .mode = mode};
  }
  std::string Hash() const { return CompositionHash(wanted.modules); }
  std::string Plan() const { return Text(PlanChange(facts)); }
};

const ComposedModule kBase = SampleModule("base", 10);
const ComposedModule kWeb = SampleModule("web", 20);

ComposedModule Newer(ComposedModule module) {
  module.digest = SampleModule("newer " + module.id, 0).digest;
  return module;
}

}  // namespace

TEST_SUITE("change plan") {
  TEST_CASE("what runs and is wanted needs nothing, and nothing waits for the next boot") {
    Node node({kBase, kWeb});
    node.Runs({kBase, kWeb}, NodeMode::kHost);
    CHECK(node.Plan() == "");
    node.facts.staged = "0123";
    CHECK(node.Plan() == "unstage 0123\n");
  }

  TEST_CASE("where nothing runs all is fetched, mounted and started") {
    Node node({kBase, kWeb});
    node.facts.stored = {kBase.digest};
    node.facts.units.added = {"web.service"};
    CHECK(node.Plan() == "prove base\nfetch web\nmount-layer base\nmount-layer web\nmount-union " +
                             node.Hash() + "\nstart-unit web.service\n");
  }

  TEST_CASE("in host mode only the units of changed modules stop, around the exchange") {
    Node node({kBase, Newer(kWeb)});
    node.Runs({kBase, kWeb}, NodeMode::kHost);
    node.facts.stored = {kBase.digest, kWeb.digest};
    node.facts.mounted = {kBase.digest, kWeb.digest};
    node.facts.units.changed = {"web.service"};
    node.facts.units.removed = {"old.service"};
    CHECK(node.Plan() ==
          "prove base\nfetch web\nmount-layer web\nstop-unit web.service\n"
          "stop-unit old.service\nexchange-union " +
              node.Hash() + "\nstart-unit web.service\nrelease-layer " + kWeb.digest.substr(0, 19) +
              "\n");
  }

  TEST_CASE("other settings of a module leave the union") {
    ComposedModule web = kWeb;
    web.manifest_sha256 = "other";
    Node node({kBase, web});
    node.Runs({kBase, kWeb}, NodeMode::kHost);
    node.facts.stored = node.facts.mounted = {kBase.digest, kWeb.digest};
    node.facts.units.changed = {"web.service"};
    CHECK(node.Plan() == "prove base\nprove web\nstop-unit web.service\nstart-unit web.service\n");
  }

  TEST_CASE("another order of the layers exchanges the union") {
    Node node({kWeb, kBase});
    node.Runs({kBase, kWeb}, NodeMode::kHost);
    node.wanted.modules[0].effective_priority = 5;
    node.facts.stored = node.facts.mounted = {kBase.digest, kWeb.digest};
    CHECK(node.Plan() == "prove web\nprove base\nexchange-union " + node.Hash() + "\n");
  }

  TEST_CASE("in pivot mode the set is staged, once") {
    Node node({kBase, Newer(kWeb)});
    node.Runs({kBase, kWeb}, NodeMode::kPivot);
    node.facts.stored = {kBase.digest};
    CHECK(node.Plan() == "prove base\nfetch web\nstage " + node.Hash() + "\n");
    node.facts.staged = node.Hash();
    CHECK(node.Plan() == "");
  }

  TEST_CASE("in pivot mode the last known good set is not staged, but nothing stands before it") {
    Node node({kBase, kWeb});
    node.Runs({kBase}, NodeMode::kPivot);
    node.facts.stored = {kBase.digest, kWeb.digest};
    node.facts.last_known_good = node.Hash();
    CHECK(node.Plan() == "");
    node.facts.staged = "0123";
    CHECK(node.Plan() == "prove base\nprove web\nunstage 0123\n");
  }

  TEST_CASE("no module at all: the units stop and the union goes") {
    Node node({});
    node.Runs({kBase, kWeb}, NodeMode::kHost);
    node.facts.mounted = {kBase.digest, kWeb.digest};
    node.facts.units.removed = {"web.service"};
    const std::string running = CompositionHash(node.running->composition.modules);
    const std::string plan = node.Plan();
    CHECK(plan.starts_with("stop-unit web.service\nunmount-union " + running + "\n"));
    CHECK(plan.find("release-layer " + kBase.digest.substr(0, 19)) != std::string::npos);
    CHECK(plan.find("release-layer " + kWeb.digest.substr(0, 19)) != std::string::npos);
  }

  TEST_CASE("a set that was tried twice waits, unless it is the last known good one") {
    Node node({kBase, Newer(kWeb)});
    node.Runs({kBase, kWeb}, NodeMode::kHost);
    node.facts.attempts = 1;
    CHECK(node.Plan() != "wait " + node.Hash() + "\n");
    node.facts.attempts = 2;
    CHECK(node.Plan() == "wait " + node.Hash() + "\n");
    node.facts.last_known_good = node.Hash();
    CHECK(node.Plan() != "wait " + node.Hash() + "\n");
  }

  TEST_CASE("a module that no rule covers is refused before anything else is done") {
    Node node({kBase, kWeb});
    node.policy.mode = verify::TrustMode::kEnforce;
    node.policy.rules = {{.name = "rule 1", .modules = {"module-b*"}}};
    CHECK(node.Plan() == "refuse web\n");
  }
}

}  // namespace powernode::runtime::change_plan_test
