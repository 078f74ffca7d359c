#include "runtime/unit_file.h"

#include <doctest/doctest.h>

#include "runtime/capability_probe.h"
#include "runtime/unit_value.h"

namespace powernode::runtime::unit_file_test {
namespace {

const UnitContext kContext{
    .module_id = "m1", .module_name = "nginx", .digest = "sha256:ab", .surroundings = {}};

bool Has(const std::string& content, const std::string& line) {
  return content.find("\n" + line + "\n") != std::string::npos;
}

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
    context.surroundings.root_directory = "/somewhere/union";
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
        {"dot dot at the end", [](auto& s) { s.start_command = "/bin/.."; }, true},
        {"quoted program", [](auto& s) { s.start_command = "\"/bin/a\" b"; }, true},
        {"variable as program", [](auto& s) { s.start_command = "/bin/$A"; }, true},
        {"quote without end", [](auto& s) { s.start_command = "/bin/a 'b"; }, true},
        {"escaped quote", [](auto& s) { s.start_command = "/bin/a 'b\\'"; }, true},
        {"quotes in quotes", [](auto& s) { s.start_command = "/bin/a '\"' \"'\""; }, false},
        {"relative directory", [](auto& s) { s.working_directory = "srv"; }, true},
        {"the user's home", [](auto& s) { s.working_directory = "~"; }, true},
        {"directory that may be missing", [](auto& s) { s.working_directory = "-/srv"; }, true},
        {"directory upwards", [](auto& s) { s.working_directory = "/srv/../etc"; }, true},
        {"newline in the directory", [](auto& s) { s.working_directory = "/srv\nUser=a"; }, true},
        {"directory", [](auto& s) { s.working_directory = "/srv/..web"; }, false},
        {"stop command with a prefix", [](auto& s) { s.stop_command = "-/bin/a"; }, true},
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

  TEST_CASE("a process with more capabilities than its unit leaves it is seen") {
    const std::string root = RenderUnit(kContext, Nginx(), {})->content;
    enroll::Service bound = Nginx();
    bound.capabilities = {"CAP_NET_BIND_SERVICE", "CAP_CHOWN"};
    const std::string listed = RenderUnit(kContext, bound, {})->content;
    const auto status = [](const std::string& mask) {
      return "Name:\tnginx\nCapBnd:\t" + mask + "\nCapAmb:\t0000000000000000\n";
    };
    CHECK(CapabilitySurplus(root, status("000001ffffbcffff")).empty());
    CHECK(CapabilitySurplus(root, status("000001ffffffffff")) ==
          "CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_BOOT");
    CHECK(CapabilitySurplus(listed, status("0000000000000401")).empty());
    CHECK(CapabilitySurplus(listed, status("0000000000000400")).empty());
    CHECK(CapabilitySurplus(listed, status("8000000000000403")) == "CAP_DAC_OVERRIDE others");
    CHECK(CapabilitySurplus(RenderUnit(kContext, Nginx(), {.privileged = true})->content,
                            status("000001ffffffffff"))
              .empty());
    CHECK(CapabilitySurplus(listed, "").empty());
  }

  TEST_CASE("a privileged module that names capabilities as well is refused") {
    CHECK_FALSE(
        RenderUnit(kContext, Nginx(), {.capabilities = {"CAP_SYS_ADMIN"}, .privileged = true}));
  }

  TEST_CASE("no capability for a user without a list, and never the kernel itself for root") {
    enroll::Service service = Nginx();
    CHECK(Has(RenderUnit(kContext, service, {})->content,
              "CapabilityBoundingSet=~CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_BOOT"));
    for (const char* user : {"root", "0"}) {
      service.user = user;
      CHECK(Has(RenderUnit(kContext, service, {})->content,
                "CapabilityBoundingSet=~CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_BOOT"));
    }
    service.user = "www-data";
    CHECK(Has(RenderUnit(kContext, service, {})->content, "CapabilityBoundingSet="));
    const std::string privileged = RenderUnit(kContext, service, {.privileged = true})->content;
    CHECK(privileged.find("CapabilityBoundingSet") == std::string::npos);
    CHECK(privileged.find("NoNewPrivileges") == std::string::npos);
  }

  TEST_CASE("a unit that may reach nobody reaches itself, the resolvers and who is listed") {
    UnitContext context = kContext;
    context.surroundings.resolvers = {"10.0.2.3"};
    enroll::ModuleSecurity security;
    security.egress_mode = "deny";
    security.egress_allow = {"192.0.2.0/24",    "[2001:db8::1]:443", "198.51.100.7:80",
                             "example.org:443", "10.0.0.0/33",       "::1 any"};
    const Result<UnitFile> unit = RenderUnit(context, Nginx(), security);
    REQUIRE(unit);
    CHECK(Has(unit->content, "IPAddressDeny=any"));
    CHECK(Has(unit->content,
              "IPAddressAllow=localhost 10.0.2.3 192.0.2.0/24 2001:db8::1 198.51.100.7"));
    std::string codes;
    for (const UnitNote& note : unit->notes) codes += note.code + " ";
    CHECK(codes ==
          "egress_port_not_enforced egress_port_not_enforced egress_name_not_allowed "
          "egress_name_not_allowed egress_name_not_allowed ");
  }

  TEST_CASE("without `deny` nothing is filtered, and that is said unless it is asked for") {
    enroll::ModuleSecurity security;
    security.egress_allow = {"192.0.2.1"};
    const Result<UnitFile> unspecified = RenderUnit(kContext, Nginx(), security);
    REQUIRE(unspecified);
    CHECK(unspecified->content.find("IPAddress") == std::string::npos);
    REQUIRE(unspecified->notes.size() == 1);
    CHECK(unspecified->notes[0].code == "egress_unspecified");
    security.egress_mode = "open";
    CHECK(RenderUnit(kContext, Nginx(), security)->notes.empty());
  }

  TEST_CASE("profiles are applied where they can be; else the rule decides") {
    struct Row {
      const char* fact;
      void (*ask)(enroll::ModuleSecurity&);
      const char* strict;   // the line; "": the service is refused
      const char* lenient;  // the line; "": none, and a note
    };
    const Row rows[] = {
        {"groups of system calls", [](auto& s) { s.seccomp_profile = "@system-service, @mount"; },
         "SystemCallFilter=@system-service @mount", "SystemCallFilter=@system-service @mount"},
        {"a file of rules", [](auto& s) { s.seccomp_profile = "web.json"; }, "", ""},
        {"a group that systemd does not know",
         [](auto& s) { s.seccomp_profile = "@system-service @invented"; }, "", ""},
        {"a loaded profile", [](auto& s) { s.apparmor_profile = "web"; }, "AppArmorProfile=web",
         "AppArmorProfile=-web"},
        {"a profile that is a directive", [](auto& s) { s.apparmor_profile = "web\nUser=root"; },
         "", ""},
        {"a profile for a kernel without", [](auto& s) { s.selinux_profile = "web_t"; }, "", ""},
    };
    for (const Row& row : rows) {
      CAPTURE(row.fact);
      UnitContext context = kContext;
      context.surroundings.has_apparmor = true;
      enroll::ModuleSecurity security{.capabilities = {}, .egress_mode = "open"};
      row.ask(security);
      const Result<UnitFile> strict = RenderUnit(context, Nginx(), security);
      REQUIRE(strict.ok() == (*row.strict != '\0'));
      if (strict) CHECK(Has(strict->content, row.strict));
      context.surroundings.profiles = ProfileRule::kReport;
      const Result<UnitFile> lenient = RenderUnit(context, Nginx(), security);
      REQUIRE(lenient);
      CHECK(lenient->notes.size() == (*row.lenient == '\0' ? 1 : 0));
      if (*row.lenient != '\0') CHECK(Has(lenient->content, row.lenient));
      security.privileged = true;
      CHECK_FALSE(RenderUnit(context, Nginx(), security));
    }
  }

  TEST_CASE("restarts become rarer where systemd can") {
    UnitContext context = kContext;
    context.surroundings.systemd_version = 253;
    CHECK(RenderUnit(context, Nginx(), {})->content.find("RestartSteps") == std::string::npos);
    context.surroundings.systemd_version = 254;
    CHECK(Has(RenderUnit(context, Nginx(), {})->content, "RestartMaxDelaySec=5min"));
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
}  // namespace powernode::runtime::unit_file_test
