#include "runtime/root_files.h"

#include <arpa/inet.h>
#include <sys/stat.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxBytes = 64 * 1024;

bool IsAddress(const std::string& text) {
  if (text.find('\0') != std::string::npos) return false;  // where inet_pton(3) would stop reading
  in6_addr address{};
  if (::inet_pton(AF_INET6, text.c_str(), &address) == 1) return true;
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1 && text != "0.0.0.0";
}

std::string Unquote(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"') &&
      text.back() == text.front())
    text = text.substr(1, text.size() - 2);
  return std::string(text);
}

bool NamesServer(const std::string& resolver) {
  return resolver.find("nameserver") != std::string::npos;
}

}  // namespace

std::string ResolverFromNetConf(std::string_view net_conf) {
  std::string resolver;
  std::string domain;
  while (!net_conf.empty()) {
    const std::size_t newline = net_conf.find('\n');
    const std::string_view line = net_conf.substr(0, newline);
    net_conf.remove_prefix(newline == std::string_view::npos ? net_conf.size() : newline + 1);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, equals);
    const std::string value = Unquote(line.substr(equals + 1));
    if (key.starts_with("IPV4DNS") || key.starts_with("IPV6DNS")) {
      if (IsAddress(value)) resolver += "nameserver " + value + "\n";
    } else if (key == "DNSDOMAIN" && !value.empty() &&
               value.find_first_not_of(
                   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
                   std::string::npos) {
      domain = "search " + value + "\n";
    }
  }
  return resolver.empty() ? "" : domain + resolver;
}

std::string FindResolver(const Paths& paths) {
  // systemd-resolved's uplinks first: where it runs, /etc/resolv.conf names its stub, which ends
  // with the initramfs.
  for (const char* name : {"/run/systemd/resolve/resolv.conf", "/etc/resolv.conf"}) {
    const Result<std::string> content = ReadFile(paths.root + name, kMaxBytes);
    if (content && NamesServer(*content)) return *content;
  }
  const std::string run = DirectoryOf(paths.run);
  const Result<std::vector<std::string>> names = ListDirectory(run);
  if (!names) return "";
  for (const std::string& name : *names) {
    if (!name.starts_with("net-") && !name.starts_with("net6-")) continue;
    if (!name.ends_with(".conf")) continue;
    const Result<std::string> content = ReadFile(run + "/" + name, kMaxBytes);
    if (!content) continue;
    if (const std::string resolver = ResolverFromNetConf(*content); !resolver.empty())
      return resolver;
  }
  return "";
}

Status InstallOwnResolver(const Paths& paths, const std::string& resolver) {
  const std::string path = paths.root + "/etc/resolv.conf";
  const Result<std::string> present = ReadFile(path, kMaxBytes);
  if (resolver.empty() || (present && NamesServer(*present))) return Ok();
  return WriteFile(path, resolver, 0644);
}

Status InstallResolver(const std::string& new_root, const std::string& resolver) {
  if (resolver.empty()) return Ok();
  const std::string path = new_root + "/etc/resolv.conf";
  if (const Result<struct stat> info = Lstat(path)) {
    if (S_ISLNK(info->st_mode)) return Ok();  // a resolver of the image's own choice
    if (info->st_size > 0) return Ok();
  }
  RETURN_IF_ERROR(MakeDirectories(new_root + "/etc", 0755));
  return WriteFileAtomically(path, resolver, 0644);
}

}  // namespace powernode::runtime
