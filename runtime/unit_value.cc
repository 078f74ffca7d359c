#include "runtime/unit_value.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxValue = 64 * 1024;

// Linux 6.12; the order is that of capability.h.
constexpr std::array<std::string_view, 41> kCapabilities = {"CAP_CHOWN",
                                                            "CAP_DAC_OVERRIDE",
                                                            "CAP_DAC_READ_SEARCH",
                                                            "CAP_FOWNER",
                                                            "CAP_FSETID",
                                                            "CAP_KILL",
                                                            "CAP_SETGID",
                                                            "CAP_SETUID",
                                                            "CAP_SETPCAP",
                                                            "CAP_LINUX_IMMUTABLE",
                                                            "CAP_NET_BIND_SERVICE",
                                                            "CAP_NET_BROADCAST",
                                                            "CAP_NET_ADMIN",
                                                            "CAP_NET_RAW",
                                                            "CAP_IPC_LOCK",
                                                            "CAP_IPC_OWNER",
                                                            "CAP_SYS_MODULE",
                                                            "CAP_SYS_RAWIO",
                                                            "CAP_SYS_CHROOT",
                                                            "CAP_SYS_PTRACE",
                                                            "CAP_SYS_PACCT",
                                                            "CAP_SYS_ADMIN",
                                                            "CAP_SYS_BOOT",
                                                            "CAP_SYS_NICE",
                                                            "CAP_SYS_RESOURCE",
                                                            "CAP_SYS_TIME",
                                                            "CAP_SYS_TTY_CONFIG",
                                                            "CAP_MKNOD",
                                                            "CAP_LEASE",
                                                            "CAP_AUDIT_WRITE",
                                                            "CAP_AUDIT_CONTROL",
                                                            "CAP_SETFCAP",
                                                            "CAP_MAC_OVERRIDE",
                                                            "CAP_MAC_ADMIN",
                                                            "CAP_SYSLOG",
                                                            "CAP_WAKE_ALARM",
                                                            "CAP_BLOCK_SUSPEND",
                                                            "CAP_AUDIT_READ",
                                                            "CAP_PERFMON",
                                                            "CAP_BPF",
                                                            "CAP_CHECKPOINT_RESTORE"};

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool IsNameChar(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

Status CheckPlain(std::string_view field, std::string_view value) {
  if (value.size() > kMaxValue) return UnitRefused(field, "too long");
  if (std::any_of(value.begin(), value.end(), IsControl))
    return UnitRefused(field, "a control character");
  if (value.ends_with('\\')) return UnitRefused(field, "a backslash at the end");
  return Ok();
}

std::string DoublePercent(std::string_view value) {
  std::string out;
  for (const char c : value) {
    out.push_back(c);
    if (c == '%') out.push_back('%');
  }
  return out;
}

bool HasLoneSemicolon(std::string_view command) {
  for (std::size_t i = command.find(';'); i != std::string_view::npos;
       i = command.find(';', i + 1)) {
    const bool starts = i == 0 || command[i - 1] == ' ';
    const bool ends = i + 1 == command.size() || command[i + 1] == ' ';
    if (starts && ends) return true;
  }
  return false;
}

// systemd.service(5), "Command lines": a backslash escapes, inside quotes as well.
bool QuotesEnd(std::string_view command) {
  char quote = 0;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (c == '\\')
      ++i;
    else if (quote == 0 && (c == '"' || c == '\''))
      quote = c;
    else if (c == quote)
      quote = 0;
  }
  return quote == 0;
}

bool IsAbsolute(std::string_view path) {
  return path.starts_with('/') && path.find("/../") == std::string_view::npos &&
         !path.ends_with("/..");
}

}  // namespace

Error UnitRefused(std::string_view field, std::string_view why) {
  return Error(ErrorKind::kRefused, "unit_refused", std::string(field) + ": " + std::string(why));
}

Result<std::string> UnitText(std::string_view field, std::string_view value) {
  RETURN_IF_ERROR(CheckPlain(field, value));
  return DoublePercent(value);
}

Result<std::string> UnitCommand(std::string_view field, std::string_view value) {
  while (value.starts_with(' ')) value.remove_prefix(1);
  RETURN_IF_ERROR(CheckPlain(field, value));
  const std::string_view program = value.substr(0, value.find(' '));
  if (program.empty()) return UnitRefused(field, "no command");
  const bool absolute =
      IsAbsolute(program) && program.find_first_of("\\\"'$") == std::string_view::npos;
  const bool bare = std::all_of(program.begin(), program.end(), IsNameChar) &&
                    std::isalnum(static_cast<unsigned char>(program.front())) != 0;
  if (!absolute && !bare)
    return UnitRefused(field,
                       "the program must be an absolute path or a plain name, without prefix");
  if (HasLoneSemicolon(value))
    return UnitRefused(field, "a `;` of its own would begin a second command");
  if (!QuotesEnd(value)) return UnitRefused(field, "a quote that does not end");
  return DoublePercent(value);
}

Result<std::string> UnitEnvironment(std::string_view key, std::string_view value) {
  const bool good_key = !key.empty() && key.size() <= 128 &&
                        std::isdigit(static_cast<unsigned char>(key.front())) == 0 &&
                        std::all_of(key.begin(), key.end(), [](char c) {
                          return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
                        });
  if (!good_key) return UnitRefused("env", "bad name " + std::string(key.substr(0, 128)));
  if (value.size() > kMaxValue || std::any_of(value.begin(), value.end(), IsControl))
    return UnitRefused("env " + std::string(key), "too long, or a control character");
  std::string escaped;
  for (const char c : DoublePercent(value)) {
    if (c == '\\' || c == '"') escaped.push_back('\\');
    escaped.push_back(c);
  }
  return "\"" + std::string(key) + "=" + escaped + "\"";
}

Result<std::string> UnitDirectory(std::string_view field, std::string_view value) {
  if (!IsAbsolute(value)) return UnitRefused(field, "not an absolute path without `..`");
  return UnitText(field, value);
}

Result<std::string> UnitUser(std::string_view user) {
  const bool good = !user.empty() && user.size() <= 32 && user.front() != '-' &&
                    user.front() != '.' && std::all_of(user.begin(), user.end(), IsNameChar);
  if (!good) return UnitRefused("user", "not a user name");
  return std::string(user);
}

bool IsCapability(std::string_view name) {
  return std::find(kCapabilities.begin(), kCapabilities.end(), name) != kCapabilities.end();
}

std::uint64_t CapabilityMask(std::string_view names) {
  std::uint64_t mask = 0;
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(' '));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    const auto found = std::find(kCapabilities.begin(), kCapabilities.end(), name);
    if (found != kCapabilities.end()) mask |= std::uint64_t{1} << (found - kCapabilities.begin());
  }
  return mask;
}

std::string CapabilityNames(std::uint64_t mask) {
  std::string names;
  for (std::size_t bit = 0; bit < kCapabilities.size(); ++bit)
    if ((mask >> bit & 1) != 0)
      names += (names.empty() ? "" : " ") + std::string(kCapabilities[bit]);
  if (mask >> kCapabilities.size() != 0) names += names.empty() ? "others" : " others";
  return names;
}

bool IsNetwork(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  in6_addr parsed{};
  const bool four = ::inet_pton(AF_INET, address.c_str(), &parsed) == 1;
  if ((!four && ::inet_pton(AF_INET6, address.c_str(), &parsed) != 1) ||
      address.find('\0') != std::string::npos)
    return false;
  if (slash == std::string_view::npos) return true;
  const std::string_view prefix = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, problem] = std::from_chars(prefix.data(), prefix.data() + prefix.size(), bits);
  return problem == std::errc() && end == prefix.data() + prefix.size() &&
         bits <= (four ? 32U : 128U);
}

}  // namespace powernode::runtime
