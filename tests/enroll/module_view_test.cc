#include "enroll/module_view.h"

#include <doctest/doctest.h>

#include "enroll/digest_text.h"

namespace powernode::enroll::module_view_test {
namespace {

const std::string kDigest(64, 'a');

Json Sample() {
  return *ParseJson(R"({"id":"m1","name":"nginx","effective_priority":30010,"digest":"sha256:)" +
                    kDigest + R"(",
    "size_bytes":"4096","fsverity_root_hash":")" +
                    std::string(64, 'C') + R"(","image_format":"erofs","architecture":"amd64",
    "config":{"security":{"capabilities":["CAP_NET_BIND_SERVICE"],"privileged":false,"egress_allow":[]}},
    "dependencies":["m0"],
    "services":[{"name":"nginx","start_command":"/usr/sbin/nginx -g 'daemon off;'","restart_policy":"on-failure",
      "run_as_user":"www-data","working_directory":"/srv","env":{"WORKERS":4,"DEBUG":true,"TITLE":"x"},
      "dependencies":["db",{"service":"net","kind":"softdep"},{"service":"pre","kind":"start_before"}],
      "capabilities":["CAP_CHOWN"],"health_endpoint":"http://127.0.0.1/","health_interval_seconds":"15"}]})");
}

TEST_SUITE("module_view") {
  TEST_CASE("reads every field of a module and its service") {
    const Result<ModuleView> view = ParseModuleView(Sample());
    REQUIRE(view.ok());
    CHECK(view->id == "m1");
    CHECK(view->digest == kDigest);
    CHECK(view->size == 4096);
    CHECK(view->fsverity == std::string(64, 'c'));
    CHECK(view->image_format == "erofs");
    CHECK(view->effective_priority == 30010);
    CHECK(view->dependencies == std::vector<std::string>{"m0"});
    CHECK(view->security.capabilities == std::vector<std::string>{"CAP_NET_BIND_SERVICE"});
    CHECK(view->notes.empty());
    REQUIRE(view->services.size() == 1);
    const Service& service = view->services[0];
    CHECK(service.user == "www-data");
    CHECK(service.restart_policy == RestartPolicy::kOnFailure);
    CHECK(service.env == std::vector<std::pair<std::string, std::string>>{
                             {"DEBUG", "true"}, {"TITLE", "x"}, {"WORKERS", "4"}});
    REQUIRE(service.dependencies.size() == 3);
    CHECK(service.dependencies[0].kind == DependencyKind::kRequiresHealth);
    CHECK(service.dependencies[1].kind == DependencyKind::kSoft);
    CHECK(service.dependencies[2].kind == DependencyKind::kStartBefore);
    CHECK(service.health_interval_s == 15);
    CHECK(service.health_timeout_s == 5);
  }

  TEST_CASE("flat, nested and doubled forms give the same module") {
    const Json flat = Sample();
    const Json nested = {{"module", flat}};
    Json both = flat;
    both["module"] = flat;
    const ModuleView expected = *ParseModuleView(flat);
    for (const Json& form : {nested, both}) {
      const Result<ModuleView> view = ParseModuleView(form);
      REQUIRE(view.ok());
      CHECK(view->manifest == expected.manifest);
      CHECK(view->manifest_sha256 == expected.manifest_sha256);
      CHECK(view->notes.empty());
    }
    both["module"]["name"] = "other";
    const Result<ModuleView> ambiguous = ParseModuleView(both);
    REQUIRE(ambiguous.ok());
    CHECK(ambiguous->name == "nginx");
    REQUIRE(ambiguous->notes.size() == 1);
    CHECK(ambiguous->notes[0].starts_with("ambiguous_module"));
  }

  TEST_CASE("the manifest's hash does not depend on the order of members, and does on values") {
    const ModuleView one = *ParseModuleView(*ParseJson(R"({"id":"a","name":"n","info":1})"));
    const ModuleView two = *ParseModuleView(*ParseJson(R"({"info":1,"name":"n","id":"a"})"));
    const ModuleView three = *ParseModuleView(*ParseJson(R"({"info":2,"name":"n","id":"a"})"));
    CHECK(one.manifest_sha256 == two.manifest_sha256);
    CHECK(one.manifest_sha256 != three.manifest_sha256);
    Json given = Sample();
    given["manifest_sha256"] = std::string(64, 'B');
    CHECK(ParseModuleView(given)->manifest_sha256 == std::string(64, 'b'));
  }

  TEST_CASE("a stored manifest reads as the answer it came from") {
    const ModuleView view = *ParseModuleView(Sample());
    const ModuleView again = *ParseModuleView(*ParseJson(DumpJson(view.manifest)));
    CHECK(again.manifest_sha256 == view.manifest_sha256);
    CHECK(again.services.size() == view.services.size());
  }

  TEST_CASE("no id, no name and a bad digest refuse the module") {
    CHECK(ParseModuleView(*ParseJson(R"({})")).error().code() == "bad_module");
    CHECK(ParseModuleView(*ParseJson(R"({"id":"a"})")).error().code() == "bad_module");
    CHECK(ParseModuleView(*ParseJson(R"({"id":"../a","name":"x"})")).error().code() ==
          "bad_module");
    CHECK(ParseModuleView(*ParseJson(R"({"id":"a","name":"x","digest":"sha512:00"})"))
              .error()
              .code() == "digest_unsupported");
    CHECK(ParseModuleView(*ParseJson(R"({"id":"a","name":"x","digest":null})"))->digest.empty());
  }

  TEST_CASE("one bad service spoils only itself") {
    Json module = Sample();
    const Json good = module["services"][0];
    for (const Json& bad :
         std::vector<Json>{Json(),
                           7,
                           "x",
                           Json::array(),
                           Json::object(),
                           {{"name", "UPPER"}, {"start_command", "/x"}},
                           {{"name", "a"}},
                           {{"name", "a"}, {"start_command", ""}},
                           {{"name", "a"}, {"start_command", 7}},
                           {{"name", "a/b"}, {"start_command", "/x"}},
                           {{"name", std::string(64, 'a')}, {"start_command", "/x"}}}) {
      module["services"] = Json::array({bad, good});
      const Result<ModuleView> view = ParseModuleView(module);
      CAPTURE(DumpJson(bad));
      REQUIRE(view.ok());
      CHECK(view->services.size() == 1);
      CHECK(view->notes.size() >= 1);
    }
  }

  TEST_CASE("any member replaced by any type loses no sibling") {
    const Json service = Sample()["services"][0];
    const std::vector<Json> types = {
        Json(), true, 7, -1.5, "text", Json::array({1, "a"}), {{"k", Json::array()}}};
    for (const auto& [key, value] : service.items()) {
      if (key == "name" || key == "start_command") continue;
      for (const Json& other : types) {
        Json module = Sample();
        module["services"][0][key] = other;
        module["services"].push_back({{"name", "sibling"}, {"start_command", "/bin/true"}});
        const Result<ModuleView> view = ParseModuleView(module);
        CAPTURE(key);
        CAPTURE(DumpJson(other));
        REQUIRE(view.ok());
        CHECK(view->services.size() == 2);
      }
    }
    const Json sample = Sample();
    for (const auto& [key, value] : sample.items()) {
      if (key == "id" || key == "name" || key == "digest" || key == "services") continue;
      for (const Json& other : types) {
        Json module = Sample();
        module[key] = other;
        CAPTURE(key);
        CHECK(ParseModuleView(module)->services.size() == 1);
      }
    }
  }
}

TEST_SUITE("digest_text") {
  TEST_CASE("SHA-256 in either form and case, and nothing else") {
    const std::string upper(64, 'A');
    CHECK(*ParseDigest("sha256:" + upper) == kDigest);
    CHECK(*ParseDigest(upper) == kDigest);
    for (const std::string& text :
         {std::string(), std::string("sha256:"), std::string(63, 'a'), std::string(65, 'a'),
          std::string(64, 'g'), "sha512:" + kDigest, "sha256:" + kDigest + " "})
      CHECK(ParseDigest(text).error().code() == "digest_unsupported");
  }
}

}  // namespace
}  // namespace powernode::enroll::module_view_test
