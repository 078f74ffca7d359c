// What systemd itself says of the units that this agent writes.

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <memory>

#include "agent/base/files.h"
#include "runtime/agent_unit.h"
#include "runtime/unit_directory.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::systemd_analyze_test {
namespace {

using powernode::testing::TemporaryDirectory;

struct Ended {
  int status = 0;
  std::string output;
};

Ended Analyze(const std::string& arguments) {
  Ended ended;
  FILE* pipe = ::popen(("systemd-analyze " + arguments + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> buffer;
  for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    ended.output.append(buffer.data(), count);
  ended.status = ::pclose(pipe);
  return ended;
}

// Services as platforms may describe them: everything that can be asked for, and every text that
// is not refused and looks as if it should be.
std::vector<UnitFile> Corpus() {
  std::vector<UnitFile> units;
  const auto add = [&](const std::string& name, const UnitSurroundings& surroundings,
                       const enroll::ModuleSecurity& security, auto change) {
    enroll::Service service;
    service.name = name;
    service.start_command = "/bin/true";
    change(service);
    const Result<UnitFile> unit = RenderUnit({.module_id = "0192f0c2-aa.b_c",
                                              .module_name = "a % module; \"quoted\" [Service]",
                                              .digest = "sha256:00",
                                              .surroundings = surroundings},
                                             service, security);
    CAPTURE(name);
    REQUIRE(unit);
    units.push_back(*unit);
  };
  const enroll::ModuleSecurity none;
  add("plain", {}, none, [](auto&) {});
  add("all", {.root_directory = "/", .has_apparmor = true, .has_selinux = true},
      {.capabilities = {"CAP_NET_BIND_SERVICE", "CAP_CHECKPOINT_RESTORE"},
       .egress_mode = "deny",
       .egress_allow = {"10.0.0.0/8", "[2001:db8::1]:443"},
       .seccomp_profile = "@system-service",
       .selinux_profile = "system_u:system_r:web_t:s0-s0:c0.c1023",
       .apparmor_profile = "/usr/sbin/web"},
      [](auto& s) {
        s.user = "daemon";
        s.working_directory = "/srv/a b%c";
        s.start_command = "/bin/sh -c 'echo \"$HOME\" 100%; exit' \\x41 ${A}";
        s.stop_command = "sh -c ':'";
        s.restart_policy = enroll::RestartPolicy::kNever;
        s.env = {{"A", "1"}, {"TITLE", "100% \"quoted\" \\ ' ; # $B"}, {"EMPTY", ""}};
        s.dependencies = {{"plain", enroll::DependencyKind::kRequiresHealth},
                          {"soft", enroll::DependencyKind::kSoft}};
      });
  add("soft", {}, {.capabilities = {}, .privileged = true},
      [](auto& s) { s.restart_policy = enroll::RestartPolicy::kOnFailure; });
  add("reported", {.has_apparmor = true, .profiles = ProfileRule::kReport},
      {.capabilities = {}, .seccomp_profile = "web.json", .apparmor_profile = "web"},
      [](auto& s) { s.user = "12345"; });
  return units;
}

TEST_SUITE("systemd-analyze") {
  TEST_CASE("verify has nothing to say about any rendered unit") {
    const TemporaryDirectory root;
    const Paths paths = Paths::Below(root.path().string());
    REQUIRE(SyncUnits(paths, Corpus()));
    std::string files;
    const std::vector<std::string> names = *ListOwnUnits(paths);
    REQUIRE(names.size() == 4);
    for (const std::string& name : names) files += " " + paths.unit_directory + "/" + name;
    const Ended ended = Analyze("verify --man=no --generators=no" + files);
    CHECK(ended.status == 0);
    CHECK(ended.output == "");
  }

  TEST_CASE("verify sees what it should: a unit with a directive that is none") {
    const TemporaryDirectory root;
    const std::string unit = root.path().string() + "/a.service";
    REQUIRE(WriteFile(unit, Corpus()[0].content + "\n[Service]\nInvented=yes\n", 0644));
    CHECK(Analyze("verify --man=no --generators=no " + unit).output.find("Invented") !=
          std::string::npos);
  }
}

std::vector<std::string> Lines(const std::string& text, std::string_view beginning) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (text.compare(begin, beginning.size(), beginning) == 0)
      lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::string InstalledUnit() {
  return *ReadFile(POWERNODE_SOURCE "/initramfs-hooks/systemd/powernode-agent.service", 65536);
}

TEST_SUITE("the agent's own unit") {
  TEST_CASE("is confined alike, wherever it comes from") {
    const std::string rendered = RenderAgentUnit("/bin/true", "/p");
    for (const char* directive :
         {"CapabilityBoundingSet=", "LockPersonality=", "MemoryDenyWriteExecute=",
          "NoNewPrivileges=", "RestrictAddressFamilies=", "RestrictNamespaces=",
          "RestrictRealtime=", "RestrictSUIDSGID=", "SystemCallArchitectures=",
          "SystemCallErrorNumber=", "SystemCallFilter="}) {
      CAPTURE(directive);
      CHECK(Lines(rendered, directive).size() == 1);
      CHECK(Lines(rendered, directive) == Lines(InstalledUnit(), directive));
    }
  }

  TEST_CASE("says of each line that counts against it why it stands") {
    const TemporaryDirectory root;
    const std::string unit = root.path().string() + "/powernode-agent.service";
    REQUIRE(WriteFile(unit, RenderAgentUnit("/bin/true", "/p"), 0644));
    const Ended ended = Analyze("security --offline=yes --json=short " + unit);
    REQUIRE(ended.status == 0);
    const Result<Json> report = ParseJson(ended.output);
    REQUIRE(report);
    std::string comments;
    for (const std::string& line : Lines(InstalledUnit(), "#")) comments += line + "\n";
    std::size_t counted = 0;
    for (const Json& line : *report) {
      if (!line.at("exposure").is_string()) continue;
      ++counted;
      std::string name = line.at("json_field").get<std::string>();
      constexpr std::string_view kOf = "CapabilityBoundingSet_";
      if (name.starts_with(kOf)) name.erase(0, kOf.size());
      CAPTURE(name);
      CHECK(comments.find(name) != std::string::npos);
    }
    CHECK(counted <= 36);  // one more is one to think about
  }

  TEST_CASE("verify has nothing to say about it") {
    const TemporaryDirectory root;
    const std::string unit = root.path().string() + "/powernode-agent.service";
    REQUIRE(WriteFile(unit, RenderAgentUnit("/bin/true", "/p"), 0644));
    const Ended ended = Analyze("verify --man=no --generators=no " + unit);
    CHECK(ended.status == 0);
    CHECK(ended.output == "");
  }
}

}  // namespace
}  // namespace powernode::runtime::systemd_analyze_test
