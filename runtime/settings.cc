#include "runtime/settings.h"

#include <array>
#include <charconv>
#include <optional>

#include "agent/base/files.h"
#include "agent/base/printable.h"
#include "agent/base/proxy.h"
#include "agent/base/url.h"
#include "identity/cloud_providers.h"
#include "runtime/agent_unit.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxBytes = 64 * 1024;

std::optional<std::uint64_t> ParseCount(std::string_view text, std::uint64_t lowest,
                                        std::uint64_t highest) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || value < lowest ||
      value > highest)
    return std::nullopt;
  return value;
}

bool SetSeconds(std::string_view text, std::uint64_t lowest, std::uint64_t highest,
                std::chrono::seconds& out) {
  const auto value = ParseCount(text, lowest, highest);
  if (value) out = std::chrono::seconds(*value);
  return value.has_value();
}

bool SetSwitch(std::string_view text, bool& out) {
  if (text != "on" && text != "off") return false;
  out = text == "on";
  return true;
}

bool SetYesNo(std::string_view text, bool& out) {
  if (text != "yes" && text != "no") return false;
  out = text == "yes";
  return true;
}

// A whole name, as systemctl takes it: no pattern, no word that it would complete.
bool IsUnitName(std::string_view name) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:-_.@\\";
  const std::size_t dot = name.rfind('.');
  return name.size() < 256 && dot != std::string_view::npos && dot > 0 && dot + 1 < name.size() &&
         name.front() != '-' && name.find_first_not_of(kAllowed) == std::string_view::npos;
}

// Names with white space between them.
bool SetUnits(std::string_view text, std::vector<std::string>& out) {
  std::vector<std::string> units;
  while (!text.empty()) {
    const std::size_t space = text.find_first_of(" \t");
    const std::string_view name = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (name.empty()) continue;
    if (!IsUnitName(name) || IsAgentUnit(name)) return false;
    units.emplace_back(name);
  }
  out = std::move(units);
  return true;
}

struct Key {
  std::string_view name;
  bool kernel;       // also as powernode.<name>
  bool operator_ok;  // may stand on the persist partition
  bool (*apply)(std::string_view value, Settings& settings);
};

constexpr std::array kKeys = {
    Key{"tls_min", true, false,
        [](std::string_view value, Settings& s) {
          if (value != "1.2" && value != "1.3") return false;
          s.transport.tls_min = value == "1.2" ? TlsVersion::k12 : TlsVersion::k13;
          return true;
        }},
    Key{"proxy", false, true,
        [](std::string_view value, Settings& s) {
          Result<Origin> proxy = ParseProxy(value);
          if (proxy) s.transport.proxy = *std::move(proxy);
          return proxy.ok();
        }},
    Key{"verify", true, false,
        [](std::string_view value, Settings& s) {
          const Result<verify::TrustMode> mode = verify::ParseTrustMode(value);
          if (mode) s.verify = *mode;
          return mode.ok();
        }},
    Key{"verity", true, false,
        [](std::string_view value, Settings& s) {
          const Result<verify::VerityMode> mode = verify::ParseVerityMode(value);
          if (mode) s.verity = *mode;
          return mode.ok();
        }},
    Key{"heartbeat_interval", false, true,
        [](std::string_view value, Settings& s) {
          return SetSeconds(value, 1, 300, s.heartbeat_interval);
        }},
    Key{"reconcile_interval", false, true,
        [](std::string_view value, Settings& s) {
          return SetSeconds(value, 1, 3600, s.reconcile_interval);
        }},
    Key{"persist", true, false,
        [](std::string_view value, Settings& s) {
          if (value.empty()) return false;
          s.persist = value;
          return true;
        }},
    Key{"net_wait", true, true,
        [](std::string_view value, Settings& s) { return SetSeconds(value, 0, 600, s.net_wait); }},
    Key{"cloud", true, false,
        [](std::string_view value, Settings& s) {
          if (!identity::IsCloudChoice(value)) return false;
          s.sources.cloud = value;
          return true;
        }},
    Key{"platform_url", false, true,
        [](std::string_view value, Settings& s) {
          if (!ParseOrigin(value)) return false;
          s.sources.platform_url = value;
          return true;
        }},
    Key{"ca_file", false, true,
        [](std::string_view value, Settings& s) {
          if (!value.starts_with('/')) return false;
          s.sources.ca_file = value;
          return true;
        }},
    Key{"allow_unpinned_ca_url", false, false,
        [](std::string_view value, Settings& s) {
          return SetYesNo(value, s.sources.allow_unpinned_ca_url);
        }},
    Key{"claim", true, true,
        [](std::string_view value, Settings& s) { return SetSwitch(value, s.claim); }},
    Key{"lkg", true, true,
        [](std::string_view value, Settings& s) { return SetSwitch(value, s.last_known_good); }},
    Key{"ssh_keys", false, true,
        [](std::string_view value, Settings& s) {
          if (value != "managed" && value != "off") return false;
          s.ssh_keys = value == "managed";
          return true;
        }},
    Key{"scratch_mib", false, true,
        [](std::string_view value, Settings& s) {
          const auto count = ParseCount(value, 16, 1024 * 1024);
          if (count) s.scratch_mib = *count;
          return count.has_value();
        }},
    Key{"cache_floor_mib", false, true,
        [](std::string_view value, Settings& s) {
          const auto count = ParseCount(value, 0, 1024 * 1024);
          if (count) s.cache_floor_mib = *count;
          return count.has_value();
        }},
    Key{"cache_budget_mib", false, true,
        [](std::string_view value, Settings& s) {
          const auto count = ParseCount(value, 0, 1024 * 1024 * 1024);
          if (count) s.cache_budget_mib = *count;
          return count.has_value();
        }},
    Key{"remote_exec", false, false,
        [](std::string_view value, Settings& s) { return SetSwitch(value, s.remote_exec); }},
    Key{"allow_terminate", false, false,
        [](std::string_view value, Settings& s) { return SetYesNo(value, s.allow_terminate); }},
    Key{"task_units", false, false,
        [](std::string_view value, Settings& s) { return SetUnits(value, s.task_units); }},
    Key{"gate_probes", false, true,
        [](std::string_view value, Settings& s) {
          const auto count = ParseCount(value, 1, 100);
          if (count) s.gate_probes = static_cast<unsigned>(*count);
          return count.has_value();
        }},
    Key{"gate_interval", false, true,
        [](std::string_view value,
           Settings& s) { return SetSeconds(value, 1, 600, s.gate_interval); }},
    Key{"gate_uptime", false, true,
        [](std::string_view value,
           Settings& s) { return SetSeconds(value, 0, 3600, s.gate_uptime); }},
    Key{"metrics_textfile", false, true,
        [](std::string_view value, Settings& s) {
          if (!value.starts_with('/')) return false;
          s.metrics_textfile = value;
          return true;
        }},
};

const Key* FindKey(std::string_view name) {
  for (const Key& key : kKeys)
    if (key.name == name) return &key;
  return nullptr;
}

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

void ApplySettingsFile(std::string_view content, SettingsOrigin origin, std::string_view where,
                       Settings& settings) {
  std::size_t number = 0;
  while (!content.empty()) {
    const std::size_t newline = content.find('\n');
    const std::string_view line = Trim(content.substr(0, newline));
    content.remove_prefix(newline == std::string_view::npos ? content.size() : newline + 1);
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const auto report = [&](std::string_view problem) {
      settings.findings.push_back(std::string(where) + ":" + std::to_string(number) + ": " +
                                  std::string(problem));
    };
    const std::size_t equals = line.find('=');
    const std::string_view name = Trim(line.substr(0, equals));
    const Key* key = FindKey(name);
    if (equals == std::string_view::npos) {
      report("not a `key = value` line");
    } else if (key == nullptr) {
      report("unknown key " + Printable(name));
    } else if (origin == SettingsOrigin::kOperator && !key->operator_ok) {
      report(std::string(name) + " is taken only from the image or the kernel command line");
    } else if (!key->apply(Trim(line.substr(equals + 1)), settings)) {
      report("bad value for " + std::string(name));
    }
  }
}

void ApplyKernelParameters(const KernelParameters& parameters, Settings& settings) {
  constexpr std::string_view kPrefix = "powernode.";
  for (const auto& [parameter, value] : parameters) {
    if (!std::string_view(parameter).starts_with(kPrefix)) continue;
    const std::string_view name = std::string_view(parameter).substr(kPrefix.size());
    if (name == "boot") {
      settings.boot = value == "1";
      settings.boot_disabled = value == "0";
    } else if (name == "rescue") {
      settings.rescue = value == "1";
    } else if (name == "strict") {
      settings.strict = value == "1";
    } else if (const Key* key = FindKey(name); key != nullptr && key->kernel) {
      if (!key->apply(value, settings))
        settings.findings.push_back("kernel command line: bad value for " + Printable(parameter));
    }
  }
}

Settings LoadSettings(const Paths& paths, const KernelParameters& parameters) {
  Settings settings;
  const auto apply = [&](const std::string& path, SettingsOrigin origin) {
    const Result<std::string> content = ReadFile(path, kMaxBytes);
    if (content)
      ApplySettingsFile(*content, origin, path, settings);
    else if (content.error().kind() != ErrorKind::kNotFound)
      settings.findings.push_back(content.error().message());
  };
  apply(paths.image_config, SettingsOrigin::kImage);
  apply(paths.operator_config, SettingsOrigin::kOperator);
  ApplyKernelParameters(parameters, settings);
  return settings;
}

}  // namespace powernode::runtime
