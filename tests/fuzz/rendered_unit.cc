#include "tests/fuzz/rendered_unit.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <string>

#include "tests/fuzz/fuzz_input.h"

namespace powernode::fuzz {
namespace {

struct Directive {
  std::string_view section;
  std::string_view key;
  bool may_repeat;
};

constexpr std::array kDirectives = {
    Directive{"[Unit]", "Description", false},
    Directive{"[Unit]", "After", false},
    Directive{"[Unit]", "Wants", false},
    Directive{"[Unit]", "Requires", false},
    Directive{"[Unit]", "StartLimitIntervalSec", false},
    Directive{"[Service]", "Type", false},
    Directive{"[Service]", "User", false},
    Directive{"[Service]", "WorkingDirectory", false},
    Directive{"[Service]", "Environment", true},
    Directive{"[Service]", "ExecStart", false},
    Directive{"[Service]", "ExecStop", false},
    Directive{"[Service]", "Restart", false},
    Directive{"[Service]", "RestartSec", false},
    Directive{"[Service]", "RestartSteps", false},
    Directive{"[Service]", "RestartMaxDelaySec", false},
    Directive{"[Service]", "NoNewPrivileges", false},
    Directive{"[Service]", "CapabilityBoundingSet", false},
    Directive{"[Service]", "AmbientCapabilities", false},
    Directive{"[Service]", "IPAddressDeny", false},
    Directive{"[Service]", "IPAddressAllow", false},
    Directive{"[Service]", "SystemCallFilter", false},
    Directive{"[Service]", "SystemCallErrorNumber", false},
    Directive{"[Service]", "SELinuxContext", false},
    Directive{"[Service]", "AppArmorProfile", false},
    Directive{"[Service]", "RootDirectory", false},
    Directive{"[Service]", "MountAPIVFS", false},
    Directive{"[Service]", "BindReadOnlyPaths", false},
    Directive{"[Install]", "WantedBy", false},
};

const Directive* Find(std::string_view section, std::string_view key) {
  const auto found =
      std::find_if(kDirectives.begin(), kDirectives.end(), [&](const Directive& directive) {
        return directive.section == section && directive.key == key;
      });
  return found == kDirectives.end() ? nullptr : &*found;
}

bool HasSpecifier(std::string_view value) {
  for (std::size_t i = value.find('%'); i != value.npos; i = value.find('%', i + 2))
    if (i + 1 >= value.size() || value[i + 1] != '%') return true;
  return false;
}

// No prefix of systemd.service(5) that changes how the program runs, and no `;` that begins a
// second one.
void RequireOneCommand(std::string_view value) {
  Require(!value.empty() && (value.front() == '/' ||
                             std::isalnum(static_cast<unsigned char>(value.front())) != 0),
          "a command begins with its program");
  for (std::size_t i = value.find(';'); i != value.npos; i = value.find(';', i + 1)) {
    const bool begins = value[i - 1] == ' ' || value[i - 1] == '\t';
    const bool ends = i + 1 == value.size() || value[i + 1] == ' ' || value[i + 1] == '\t';
    Require(!(begins && ends), "there is one command");
  }
}

// One quoted assignment and nothing behind it.
void RequireOneAssignment(std::string_view value) {
  Require(value.size() > 2 && value.front() == '"', "an assignment is quoted");
  std::size_t i = 1;
  for (; i < value.size() && value[i] != '"'; ++i)
    if (value[i] == '\\') ++i;
  Require(i + 1 == value.size(), "the quotes hold all of it");
  Require(value.find('=') != value.npos, "it assigns");
}

}  // namespace

void RequireOurUnit(std::string_view content) {
  constexpr std::array<std::string_view, 3> kSections{"[Unit]", "[Service]", "[Install]"};
  std::size_t sections = 0;
  std::map<std::string, int, std::less<>> seen;
  Require(content.starts_with("# powernode-unit v1 "), "the first line is the marker");
  Require(content.ends_with('\n'), "the last line is whole");
  for (std::size_t number = 0; !content.empty(); ++number) {
    const std::string_view line = content.substr(0, content.find('\n'));
    content.remove_prefix(line.size() + 1);
    Require(!HasControl(line) && !line.ends_with('\\'), "a line is a line");
    if (number == 0 || line.empty()) continue;
    Require(line.front() != '#' && line.front() != ';', "there is no other comment");
    if (line.front() == '[') {
      Require(sections < kSections.size() && line == kSections[sections],
              "the sections are ours, in order");
      ++sections;
      continue;
    }
    const std::size_t equals = line.find('=');
    Require(sections > 0 && equals != line.npos, "a line is a directive of a section");
    const Directive* directive = Find(kSections[sections - 1], line.substr(0, equals));
    Require(directive != nullptr, "the directive is one of ours");
    Require(++seen[std::string(directive->key)] == 1 || directive->may_repeat, "and is there once");
    const std::string_view value = line.substr(equals + 1);
    Require(!HasSpecifier(value), "no specifier is left");
    if (directive->key == "ExecStart" || directive->key == "ExecStop") RequireOneCommand(value);
    if (directive->key == "Environment") RequireOneAssignment(value);
    if (directive->key == "WorkingDirectory")
      Require(value.front() == '/' && value.find("/../") == value.npos, "a directory is absolute");
  }
  Require(sections == kSections.size() && seen["ExecStart"] == 1,
          "all sections and the command are there");
}

}  // namespace powernode::fuzz
