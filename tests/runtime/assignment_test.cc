// Every row of node-api.md §10.5 and §10.6: what the platform may say with status 200, and what
// comes of it.
#include "runtime/assignment.h"

#include <doctest/doctest.h>

#include <map>

#include "agent/base/files.h"
#include "agent/base/sha256.h"
#include "runtime/last_known_good.h"
#include "runtime/manifest_cache.h"
#include "runtime/reconcile.h"
#include "runtime/staged_set.h"
#include "runtime/trust_state.h"
#include "tests/enroll/sample_credentials.h"
#include "tests/enroll/scripted_platform.h"
#include "tests/runtime/sample.h"
#include "tests/support/temporary_directory.h"
#include "tests/verify/signer.h"

namespace powernode::runtime::assignment_test {
namespace {

using testing::SampleModule;

constexpr std::int64_t kNow = 1'770'000'000;
constexpr std::string_view kPrefix = "/api/v1/system/node_api/";

// A pivot node of its own, and a platform that says what a test wants.
struct Scene {
  Scene() {
    const std::string proc = root / "proc";
    REQUIRE(MakeDirectories(proc + "/sys/kernel/random", 0755));
    REQUIRE(WriteFile(proc + "/uptime", "100.0 1.0\n", 0644));
    REQUIRE(WriteFile(proc + "/sys/kernel/random/boot_id", "boot\n", 0644));
    paths = Paths::Below(root.path().string());
    REQUIRE(MakeDirectories(paths.image_trust, 0755));
    REQUIRE(MakeDirectories(paths.run, 0755));
    REQUIRE(WriteFile(paths.image_trust + "/owner.pem", owner.PublicPem(), 0644));
    platform.Answer([this](const HttpRequest& request) { return Reply(request); });
    Assign({"a", "b"});
  }

  // What the platform assigns, and the manifest of each.
  void Assign(const std::vector<std::string>& ids) {
    list = {{"modules", Json::array()}, {"complete", true}, {"assignment_revision", revision}};
    for (const std::string& id : ids) {
      list["modules"].push_back({{"id", id}, {"name", "module-" + id}, {"effective_priority", 1}});
      Json& view = views[id];
      if (view.is_null())
        view = {{"id", id},
                {"name", "module-" + id},
                {"effective_priority", 1},
                {"digest", "sha256:" + Sha256Hex(id)},
                {"services", {{{"name", id}, {"start_command", "/bin/" + id}}}}};
    }
    list["count"] = ids.size();
  }
  Result<HttpResponse> Reply(const HttpRequest& request) {
    const std::string path = request.url.substr(request.url.find(kPrefix) + kPrefix.size());
    HttpResponse response;
    response.status = 200;
    if (const auto told = answers.find(path); told != answers.end()) {
      response.status = told->second.first;
      response.body = told->second.second;
    } else if (path == "modules") {
      response.body = DumpJson(Json{{"success", true}, {"data", list}});
    } else if (path.ends_with("/manifest")) {
      const std::string id = path.substr(8, path.size() - 8 - 9);
      response.body = DumpJson(views[id]);
    } else if (const auto view = views.find(path.substr(std::min<std::size_t>(8, path.size())));
               path.starts_with("modules/") && view != views.end()) {
      response.body = DumpJson(Json{{"success", true}, {"data", view->second}});
    } else {
      response.status = 404;
      response.body = "{}";
    }
    return response;
  }

  Json Signed(const std::vector<std::string>& ids, std::int64_t revision_signed) {
    Json modules = Json::array();
    for (const std::string& id : ids)
      modules.push_back({{"id", id},
                         {"name", "module-" + id},
                         {"digest", "sha256:" + Sha256Hex(id)},
                         {"effective_priority", 1},
                         {"manifest_sha256", Sha256Hex(DumpJson(views[id]))}});
    return {{"format", "powernode-assignment"},
            {"version", 1},
            {"instance_id", credentials->instance_id},
            {"revision", revision_signed},
            {"issued_at", "2026-01-01T00:00:00Z"},
            {"expires_at", "2036-01-01T00:00:00Z"},
            {"modules", std::move(modules)}};
  }
  void Sign(const Json& payload, powernode::testing::Signer& signer) {
    list["signed_assignment"] = Json::parse(
        signer.SignEnvelope("application/vnd.powernode.assignment.v1+json", DumpJson(payload)));
  }

  Result<Assignment> Fetch(const Composition* present = nullptr,
                           verify::TrustMode mode = verify::TrustMode::kEnforce) {
    enroll::Session session(credentials, platform.Transports(), clock);
    enroll::NodeApi api(session);
    settings.verify = mode;
    return FetchAssignment({.api = api,
                            .paths = paths,
                            .settings = settings,
                            .instance_id = credentials->instance_id,
                            .present = present,
                            .retries = enroll::kNoRetries,
                            .now_unix = kNow},
                           {});
  }
  std::string Fails(const Composition* present = nullptr) {
    const Result<Assignment> wanted = Fetch(present);
    return wanted ? "it was taken" : wanted.error().code();
  }

  // From here on the node runs what is assigned.
  void Runs() {
    running = Fetch()->composition;
    REQUIRE(WriteBreadcrumb(paths,
                            {.composition = running, .mode = NodeMode::kPivot, .boot_id = "boot"}));
  }
  // One reconcile that changes nothing: its plan as text, or the error's code.
  std::string Plan(Reconciler& reconciler, EmptyList empty = EmptyList::kRefuse) {
    enroll::Session session(credentials, platform.Transports(), clock);
    const auto outcome = reconciler.Run(session, Apply::kDryRun, {}, empty);
    if (!outcome) return outcome.error().code();
    std::string text;
    for (const PlanStep& step : outcome->plan)
      text += (text.empty() ? "" : " ") + std::string(StepKindName(step.kind)) + "-" + step.id;
    return text;
  }
  Reconciler NewReconciler() { return Reconciler(paths, settings, features, nullptr, clock); }
  void Pass(std::chrono::seconds time) { clock.Sleep(time, {}); }

  powernode::testing::TemporaryDirectory root;
  Paths paths;
  Settings settings;
  mount::KernelFeatures features;
  powernode::testing::Signer owner;
  powernode::testing::Signer stranger;
  enroll::testing::Authority authority;
  enroll::CredentialsPtr credentials =
      std::make_shared<const enroll::Credentials>(enroll::testing::SampleCredentials(authority));
  enroll::testing::StandingClock clock{kNow};
  enroll::testing::ScriptedPlatform platform;
  std::int64_t revision = 5;
  Json list;
  std::map<std::string, Json> views;
  std::map<std::string, std::pair<int, std::string>> answers;  // by path, instead of the truth
  Composition running;
};

TEST_SUITE_BEGIN("assignment");

TEST_CASE("a complete answer is a composition") {
  Scene scene;
  const Result<Assignment> wanted = scene.Fetch();
  REQUIRE_MESSAGE(wanted.ok(), wanted.error().message());
  CHECK(wanted->composition.modules.size() == 2);
  CHECK(wanted->composition.revision == 5);
  CHECK_FALSE(wanted->signature);
  CHECK(wanted->notes.empty());
}

TEST_CASE("a partial, strange or empty answer is none") {
  Scene scene;
  const Json good = scene.list;
  const auto with = [&](const char* member, const Json& value) {
    scene.list = good;
    scene.list[member] = value;
    return scene.Fails();
  };
  CHECK(with("count", 3) == "partial_answer");
  CHECK(with("complete", false) == "partial_answer");
  CHECK(with("modules", Json::object()) == "partial_answer");
  CHECK(with("modules", {good["modules"][0], good["modules"][0]}) == "partial_answer");
  scene.Assign({});
  CHECK(scene.Fails() == "empty_assignment");
  scene.list = good;
  scene.answers["modules"] = {200, "<html>maintenance</html>"};
  CHECK(scene.Fails() == "not_json");
  scene.answers["modules"] = {200, R"({"success":true,"data":{}})"};
  CHECK(scene.Fails() == "partial_answer");
  scene.answers["modules"] = {503, "{}"};
  CHECK(scene.Fails() == "platform_error");
}

TEST_CASE("one manifest that cannot be had, and the answer is none") {
  Scene scene;
  for (const auto& answer :
       {std::pair(502, "{}"), std::pair(200, "<html>"), std::pair(404, "{}")}) {
    scene.answers["modules/b"] = answer;
    CHECK(scene.Fails() != "it was taken");
  }
  scene.answers["modules/b"] = {200, DumpJson(Json{{"success", true}, {"data", scene.views["a"]}})};
  CHECK(scene.Fails() == "bad_module");
  scene.answers.clear();
  scene.views["b"].erase("digest");
  CHECK(scene.Fails() == "server_has_no_digests");
}

TEST_CASE("the cached manifest stands in for one that does not come, for the same image only") {
  Scene scene;
  const Result<Assignment> before = scene.Fetch();
  REQUIRE(AcceptAssignment(scene.paths, *before, kNow));
  scene.answers["modules/b"] = {502, "{}"};
  CHECK(scene.Fails() == "platform_error");  // nobody says which image is wanted
  scene.list["modules"][1]["digest"] = "sha256:" + Sha256Hex("b");
  const Result<Assignment> wanted = scene.Fetch();
  REQUIRE_MESSAGE(wanted.ok(), wanted.error().message());
  CHECK(CompositionHash(wanted->composition.modules) ==
        CompositionHash(before->composition.modules));
  REQUIRE(wanted->notes.size() == 1);
  CHECK(wanted->notes[0].code() == "manifest_from_cache");
  scene.list["modules"][1]["effective_priority"] = 9;
  CHECK(scene.Fetch()->composition.modules[1].effective_priority == 9);

  scene.list["modules"][1]["digest"] = "sha256:" + Sha256Hex("newer");
  CHECK(scene.Fails(&before->composition) == "platform_error");
  scene.list["modules"][1].erase("digest");
  CHECK(scene.Fetch(&before->composition).ok());  // what runs says which image
}

TEST_CASE("the platform is asked first: an edit is seen at once, and the cache follows") {
  Scene scene;
  REQUIRE(AcceptAssignment(scene.paths, *scene.Fetch(), kNow));
  scene.views["b"]["services"][0]["start_command"] = "/bin/other";
  const Result<Assignment> edited = scene.Fetch();
  CHECK(edited->composition.modules[1].manifest == scene.views["b"]);
  REQUIRE(AcceptAssignment(scene.paths, *edited, kNow + 1));
  const std::string file = scene.paths.manifests + "/b.json";
  CHECK(CachedManifest(scene.paths, "b", "sha256:" + Sha256Hex("b"))->manifest == scene.views["b"]);
  const std::string text = *ReadFile(file, 100'000);
  REQUIRE(AcceptAssignment(scene.paths, *edited, kNow + 500));
  CHECK(*ReadFile(file, 100'000) == text);  // nothing new is not written
  scene.Assign({"a"});
  REQUIRE(AcceptAssignment(scene.paths, *scene.Fetch(), kNow));
  CHECK_FALSE(Exists(file));
  CHECK(Exists(scene.paths.manifests + "/a.json"));
}

TEST_CASE("a manifest cache that is damaged, or of another module, is no cache") {
  Scene scene;
  const std::string digest = "sha256:" + Sha256Hex("b");
  REQUIRE(AcceptAssignment(scene.paths, *scene.Fetch(), kNow));
  REQUIRE(CachedManifest(scene.paths, "b", digest));
  CHECK_FALSE(CachedManifest(scene.paths, "../manifests/b", digest));
  CHECK_FALSE(CachedManifest(scene.paths, "b", ""));
  REQUIRE(WriteFile(scene.paths.manifests + "/b.json",
                    *ReadFile(scene.paths.manifests + "/a.json", 100'000), 0644));
  CHECK_FALSE(CachedManifest(scene.paths, "b", digest));
  CHECK_FALSE(CachedManifest(scene.paths, "b", "sha256:" + Sha256Hex("a")));
  REQUIRE(WriteFile(scene.paths.manifests + "/b.json", "torn", 0644));
  CHECK_FALSE(CachedManifest(scene.paths, "b", digest));
  REQUIRE(AcceptAssignment(scene.paths, *scene.Fetch(), kNow));
  CHECK(CachedManifest(scene.paths, "b", digest));
}

TEST_CASE("services that are gone from an unchanged image stay") {
  Scene scene;
  const Composition before = scene.Fetch()->composition;
  scene.views["b"]["services"] = Json::array();
  CHECK(CompositionHash(scene.Fetch(&before)->composition.modules) ==
        CompositionHash(before.modules));
  scene.views["b"].erase("services");
  CHECK(CompositionHash(scene.Fetch(&before)->composition.modules) ==
        CompositionHash(before.modules));
  scene.views["b"]["digest"] = "sha256:" + Sha256Hex("newer");
  CHECK(scene.Fetch(&before)->composition.modules[1].manifest == scene.views["b"]);
  scene.views["b"]["digest"] = "sha256:" + Sha256Hex("b");
  scene.views["b"]["services"] = {{{"name", "other"}, {"start_command", "/bin/other"}}};
  CHECK(scene.Fetch(&before)->composition.modules[1].manifest == scene.views["b"]);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("signed assignment of a node");

TEST_CASE("takes precedence over the list, and its manifests are those that are signed") {
  Scene scene;
  scene.Sign(scene.Signed({"a", "b"}, 5), scene.owner);
  const Result<Assignment> wanted = scene.Fetch();
  REQUIRE_MESSAGE(wanted.ok(), wanted.error().message());
  CHECK(wanted->notes.empty());
  REQUIRE(wanted->signature);
  CHECK(wanted->composition.modules[1].manifest_sha256 == Sha256Hex(DumpJson(scene.views["b"])));

  const auto differs = [&] {
    const Result<Assignment> now = scene.Fetch();
    REQUIRE_MESSAGE(now.ok(), now.error().message());
    CHECK(CompositionHash(now->composition.modules) ==
          CompositionHash(wanted->composition.modules));
    REQUIRE(now->notes.size() == 1);
    CHECK(now->notes[0].code() == "unsigned_list_differs");
  };
  const Json good = scene.list;
  scene.list["modules"][0]["effective_priority"] = 900;
  differs();
  scene.list = good;
  scene.list["modules"][0]["digest"] = "sha256:" + Sha256Hex("x");
  differs();
  scene.list = good;
  scene.list["assignment_revision"] = 99;
  differs();
  scene.list = good;
  scene.list["modules"].erase(1);
  scene.list["count"] = 1;
  differs();
  scene.list = good;
  scene.list["modules"].push_back({{"id", "c"}, {"name", "c"}});
  scene.list["count"] = 3;
  differs();

  scene.list = good;
  scene.answers["modules/b/manifest"] = {200, DumpJson(scene.views["b"]) + " "};
  CHECK(scene.Fails() == "manifest_mismatch");
  scene.answers["modules/b/manifest"] = {404, "{}"};
  CHECK(scene.Fails() == "not_found");
}

TEST_CASE("the cached manifest stands in for a signed one only when it is that one") {
  Scene scene;
  scene.Sign(scene.Signed({"a", "b"}, 5), scene.owner);
  const Result<Assignment> before = scene.Fetch();
  REQUIRE(AcceptAssignment(scene.paths, *before, kNow));
  scene.answers["modules/b/manifest"] = {502, "{}"};
  const Result<Assignment> wanted = scene.Fetch();
  REQUIRE_MESSAGE(wanted.ok(), wanted.error().message());
  CHECK(CompositionHash(wanted->composition.modules) ==
        CompositionHash(before->composition.modules));
  REQUIRE(wanted->notes.size() == 1);
  CHECK(wanted->notes[0].code() == "manifest_from_cache");
  scene.views["b"]["services"][0]["start_command"] = "/bin/other";
  scene.Sign(scene.Signed({"a", "b"}, 6), scene.owner);
  CHECK(scene.Fails() == "platform_error");
}

TEST_CASE("services that a signature does not cover may get lost, and stay") {
  Scene scene;
  Json payload = scene.Signed({"a", "b"}, 5);
  payload["modules"][1].erase("manifest_sha256");
  scene.Sign(payload, scene.owner);
  const Composition before = scene.Fetch()->composition;
  scene.views["b"]["services"] = Json::array();
  CHECK(CompositionHash(scene.Fetch(&before)->composition.modules) ==
        CompositionHash(before.modules));
}

TEST_CASE("with a bad signature refuses the answer, or is reported in audit") {
  Scene scene;
  SUBCASE("a stranger's") { scene.Sign(scene.Signed({"a"}, 9), scene.stranger); }
  SUBCASE("another node's") {
    Json payload = scene.Signed({"a"}, 9);
    payload["instance_id"] = "somebody";
    scene.Sign(payload, scene.owner);
  }
  SUBCASE("an expired one") {
    Json payload = scene.Signed({"a"}, 9);
    payload["expires_at"] = "2026-01-02T00:00:00Z";
    scene.Sign(payload, scene.owner);
  }
  CHECK(scene.Fails() == "assignment_rejected");
  const Result<Assignment> audited = scene.Fetch(nullptr, verify::TrustMode::kAudit);
  REQUIRE_MESSAGE(audited.ok(), audited.error().message());
  CHECK_FALSE(audited->signature);
  CHECK(audited->composition.modules.size() == 2);
  REQUIRE(audited->notes.size() == 1);
  CHECK(audited->notes[0].code() == "assignment_rejected");
}

TEST_CASE("never goes back, and one revision says one thing") {
  Scene scene;
  scene.Sign(scene.Signed({"a", "b"}, 8), scene.owner);
  REQUIRE(AcceptAssignment(scene.paths, *scene.Fetch(), kNow));
  CHECK(LoadTrustState(scene.paths)->assignment_revision == 8);
  CHECK(scene.Fetch().ok());
  scene.Sign(scene.Signed({"a"}, 7), scene.owner);
  CHECK(scene.Fails() == "revision_rollback");
  scene.Sign(scene.Signed({"a"}, 8), scene.owner);
  CHECK(scene.Fails() == "assignment_rejected");
  scene.Sign(scene.Signed({"a"}, 9), scene.owner);
  REQUIRE(AcceptAssignment(scene.paths, *scene.Fetch(), kNow));
  CHECK(LoadTrustState(scene.paths)->assignment_revision == 9);
  REQUIRE(KeepTrust(scene.paths, {.policy_envelope = "{}"}));
  REQUIRE(KeepTrust(scene.paths, {.assignment_revision = 8}));
  CHECK(LoadTrustState(scene.paths)->assignment_revision == 9);
  CHECK(LoadTrustState(scene.paths)->policy_envelope == "{}");
  REQUIRE(WriteFile(scene.paths.agent_state + "/trust.json", "torn", 0600));
  CHECK(LoadTrustState(scene.paths)->assignment_revision == 0);
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("shrink guard");

TEST_CASE("a list that lacks what runs is believed when it comes twice, thirty seconds apart") {
  Scene scene;
  scene.Runs();
  Reconciler reconciler = scene.NewReconciler();
  CHECK(scene.Plan(reconciler).empty());
  scene.Assign({"a"});
  CHECK(scene.Plan(reconciler) == "unconfirmed_shrink");
  scene.Pass(std::chrono::seconds(29));
  CHECK(scene.Plan(reconciler) == "unconfirmed_shrink");
  SUBCASE("in a row") {
    scene.Pass(std::chrono::seconds(1));
    CHECK(scene.Plan(reconciler) == "remove-b");
  }
  SUBCASE("another list between") {
    scene.Assign({"b"});
    CHECK(scene.Plan(reconciler) == "unconfirmed_shrink");
    scene.Assign({"a"});
    scene.Pass(std::chrono::seconds(60));
    CHECK(scene.Plan(reconciler) == "unconfirmed_shrink");
  }
  SUBCASE("the whole list between") {
    scene.Assign({"a", "b"});
    CHECK(scene.Plan(reconciler).empty());
    scene.Assign({"a"});
    scene.Pass(std::chrono::seconds(60));
    CHECK(scene.Plan(reconciler) == "unconfirmed_shrink");
  }
  SUBCASE("an error between") {
    scene.answers["modules/a"] = {404, "{}"};
    CHECK(scene.Plan(reconciler) == "not_found");
    scene.answers.clear();
    scene.Pass(std::chrono::seconds(60));
    CHECK(scene.Plan(reconciler) == "unconfirmed_shrink");
  }
}

TEST_CASE("an hour of short, empty, flapping and half answers removes nothing") {
  Scene scene;
  scene.Runs();
  Reconciler reconciler = scene.NewReconciler();
  for (int minute = 0; minute < 60; ++minute) {
    scene.answers.clear();
    switch (minute % 5) {
      case 0:
        scene.Assign({});
        break;
      case 1:
        scene.Assign({"a"});
        break;
      case 2:
        scene.Assign({"a", "b"});
        scene.list["count"] = 1;
        break;
      case 3:
        scene.Assign({"b"});
        break;
      default:
        scene.Assign({"a"});
        scene.answers["modules/a"] = {502, "{}"};
        break;
    }
    const std::string plan = scene.Plan(reconciler);
    CHECK_MESSAGE(plan.find("remove") == std::string::npos, plan);
    CHECK_FALSE(plan.empty());
    scene.Pass(std::chrono::seconds(60));
  }
}

TEST_CASE(
    "what the platform says it removed goes at once; a signature over a later revision, too") {
  Scene scene;
  scene.Runs();
  Reconciler reconciler = scene.NewReconciler();
  scene.Assign({"a"});
  SUBCASE("removed") {
    scene.list["removed"] = {"b"};
    CHECK(scene.Plan(reconciler) == "remove-b");
  }
  SUBCASE("another one was removed") {
    scene.list["removed"] = {"c"};
    CHECK(scene.Plan(reconciler) == "unconfirmed_shrink");
  }
  SUBCASE("signed") {
    scene.Sign(scene.Signed({"a"}, 6), scene.owner);
    CHECK(scene.Plan(reconciler).ends_with("remove-b"));
  }
  SUBCASE("signed, of the revision that runs") {
    scene.Sign(scene.Signed({"a"}, 5), scene.owner);
    CHECK(scene.Plan(reconciler) == "unconfirmed_shrink");
  }
  SUBCASE("signed by a stranger") {
    scene.Sign(scene.Signed({"a"}, 6), scene.stranger);
    CHECK(scene.Plan(reconciler) == "assignment_rejected");
  }
}

TEST_CASE("where nothing runs, the last known good set is what must not shrink") {
  Scene scene;
  scene.Assign({"a", "b"});
  REQUIRE(Promote(scene.paths, {.composition = scene.Fetch()->composition}, kNow));
  scene.Assign({"a"});
  Reconciler reconciler = scene.NewReconciler();
  CHECK(scene.Plan(reconciler) == "unconfirmed_shrink");
  scene.Pass(std::chrono::seconds(30));
  CHECK(scene.Plan(reconciler) == "add-a");
  scene.Assign({"a", "b"});
  scene.list["assignment_revision"] = 4;
  CHECK(scene.Plan(reconciler) == "revision_rollback");
}

TEST_CASE("an empty list is never applied to a root, whoever wants it") {
  Scene scene;
  scene.Runs();
  Reconciler reconciler = scene.NewReconciler();
  scene.Assign({});
  for (int i = 0; i < 3; ++i) {
    CHECK(scene.Plan(reconciler) == "empty_assignment");
    scene.Pass(std::chrono::seconds(60));
  }
  CHECK(scene.Plan(reconciler, EmptyList::kAccept) == "empty_assignment");
  scene.Sign(scene.Signed({}, 6), scene.owner);
  CHECK(scene.Plan(reconciler) == "empty_assignment");
}

TEST_CASE("an older revision is ignored, whether it is older than what runs or what is staged") {
  Scene scene;
  scene.Runs();
  Reconciler reconciler = scene.NewReconciler();
  scene.list["assignment_revision"] = 4;
  CHECK(scene.Plan(reconciler) == "revision_rollback");
  scene.list["assignment_revision"] = 6;
  CHECK(scene.Plan(reconciler).empty());
  scene.list.erase("assignment_revision");
  CHECK(scene.Plan(reconciler).empty());  // a server that has none
  REQUIRE(Stage(scene.paths, {.modules = {SampleModule("s", 1)}, .revision = 8}, kNow));
  scene.list["assignment_revision"] = 7;
  CHECK(scene.Plan(reconciler) == "revision_rollback");
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::runtime::assignment_test
