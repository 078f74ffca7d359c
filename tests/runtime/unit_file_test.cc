#include "runtime/unit_file.h"

#include <doctest/doctest.h>

#include "runtime/unit_value.h"

namespace powernode::runtime {
namespace {

const UnitContext kContext{
    .module_id = "m1", .module_name = "nginx", .digest = "sha256:ab", .root_directory = ""};

enroll::Service Nginx() {
  enroll::Service service;
  service.name = "nginx";
  service.start_command = "/usr/sbin/nginx -g 'daemon off;'";
  return service;
}

TEST_SUITE("unit file") {
  TEST_CASE("a service becomes a unit with a marker, a command and a wants target") {
    const Result<UnitFile> unit = RenderUnit(kContext, Nginx(), {});
    REQUIRE(unit);
    CHECK(unit->name == "powernode-m1-nginx.service");
    CHECK(unit->content.starts_with("# powernode-unit v1 module=m1 digest=sha256:ab body=" +
                                    unit->body_sha256));
    CHECK(unit->content.find("\nExecStart=/usr/sbin/nginx -g 'daemon off;'\n") !=
          std::string::npos);
    CHECK(unit->content.find("\nWantedBy=multi-user.target\n") != std::string::npos);
    CHECK(unit->content.find("RootDirectory") == std::string::npos);
  }

  TEST_CASE("in host mode it runs in the union") {
    UnitContext context = kContext;
    context.root_directory = "/somewhere/union";
    const Result<UnitFile> unit = RenderUnit(context, Nginx(), {});
    REQUIRE(unit);
    CHECK(unit->content.find("\nRootDirectory=/somewhere/union\nMountAPIVFS=yes\n") !=
          std::string::npos);
  }

  TEST_CASE(
      "a value that could become a directive, a command or a specifier is refused or escaped") {
    struct Row {
      const char* fact;
      void (*spoil)(enroll::Service&);
      bool refused;
    };
    const Row rows[] = {
        {"newline in the command", [](auto& s) { s.start_command = "/bin/a\nExecStartPre=/bin/b"; },
         true},
        {"trailing backslash", [](auto& s) { s.start_command = "/bin/a \\"; }, true},
        {"privilege prefix", [](auto& s) { s.start_command = "+/bin/a"; }, true},
        {"relative path", [](auto& s) { s.start_command = "bin/a"; }, true},
        {"dot dot", [](auto& s) { s.start_command = "/bin/../sbin/a"; }, true},
        {"second command", [](auto& s) { s.start_command = "/bin/a ; +/bin/b"; }, true},
        {"empty command", [](auto& s) { s.start_command = "  "; }, true},
        {"newline in the environment",
         [](auto& s) {
           s.env = {{"A", "1\nUser=root"}};
         },
         true},
        {"bad environment name",
         [](auto& s) {
           s.env = {{"A B", "1"}};
         },
         true},
        {"user with a space", [](auto& s) { s.user = "a b"; }, true},
        {"unknown capability", [](auto& s) { s.capabilities = {"CAP_ALL"}; }, true},
        {"bare name", [](auto& s) { s.start_command = "nginx -c x"; }, false},
        {"percent sign", [](auto& s) { s.start_command = "/bin/a %h"; }, false},
    };
    for (const Row& row : rows) {
      CAPTURE(row.fact);
      enroll::Service service = Nginx();
      row.spoil(service);
      CHECK(RenderUnit(kContext, service, {}).ok() != row.refused);
    }
    enroll::Service percent = Nginx();
    percent.start_command = "/bin/a %h";
    CHECK(RenderUnit(kContext, percent, {})->content.find("/bin/a %%h\n") != std::string::npos);
  }

  TEST_CASE("an environment value is quoted") {
    const Result<std::string> text = UnitEnvironment("TITLE", "100% \"quoted\" \\");
    REQUIRE(text);
    CHECK(*text == "\"TITLE=100%% \\\"quoted\\\" \\\\\"");
  }

  TEST_CASE("capabilities bound a service, and are ambient for one that is not root") {
    enroll::Service service = Nginx();
    service.user = "www-data";
    service.capabilities = {"CAP_NET_BIND_SERVICE"};
    const Result<UnitFile> unit = RenderUnit(kContext, service, {});
    REQUIRE(unit);
    CHECK(unit->content.find("\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n") !=
          std::string::npos);
    CHECK(unit->content.find("\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n") != std::string::npos);
  }

  TEST_CASE("a privileged module that names capabilities as well is refused") {
    CHECK_FALSE(
        RenderUnit(kContext, Nginx(), {.capabilities = {"CAP_SYS_ADMIN"}, .privileged = true}));
  }

  TEST_CASE("dependencies order, require and want") {
    enroll::Service service = Nginx();
    service.dependencies = {{"first", enroll::DependencyKind::kStartBefore},
                            {"needed", enroll::DependencyKind::kRequiresHealth},
                            {"nice", enroll::DependencyKind::kSoft}};
    const std::string content = RenderUnit(kContext, service, {})->content;
    CHECK(content.find(
              "After=network-online.target powernode-m1-first.service powernode-m1-needed.service "
              "powernode-m1-nice.service\n") != std::string::npos);
    CHECK(content.find("\nRequires=powernode-m1-needed.service\n") != std::string::npos);
    CHECK(content.find("Wants=network-online.target powernode-m1-nice.service\n") !=
          std::string::npos);
  }
}

}  // namespace
}  // namespace powernode::runtime
