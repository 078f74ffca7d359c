#include "identity/systemd_credentials.h"

#include <string>
#include <utility>
#include <vector>

#include "agent/base/files.h"
#include "identity/ca_text.h"
#include "identity/fw_cfg.h"
#include "identity/smbios.h"

namespace powernode::identity {
namespace {

constexpr std::size_t kMaxStructure = 64 * 1024;

std::vector<std::pair<std::string, std::string>> ReadSmbios(const std::string& entries) {
  std::vector<std::pair<std::string, std::string>> all;
  const Result<std::vector<std::string>> names = ListDirectory(entries);
  if (!names) return all;
  for (const std::string& name : *names) {
    if (!name.starts_with("11-")) continue;
    const Result<std::string> raw = ReadFile(entries + "/" + name + "/raw", kMaxStructure);
    if (!raw) continue;  // root only: systemd's own word is read by everybody who may
    for (auto& credential : SmbiosCredentials(*raw)) all.push_back(std::move(credential));
  }
  return all;
}

}  // namespace

Record ReadSystemdCredentials(const SourceContext& context) {
  const Paths& paths = context.paths;
  const auto smbios = ReadSmbios(paths.dmi_entries);
  Record record;
  const auto take = [&](Result<std::string> value, const std::string& key) {
    if (!value && value.error().kind() != ErrorKind::kNotFound)
      record.problems.push_back(value.error().WithContext(key));
    record.found = record.found || value.ok();
    return value;
  };
  const auto read = [&](const std::string& key) -> std::string {
    for (const std::string& directory : {paths.credentials, paths.system_credentials})
      if (!directory.empty())
        if (auto value = take(ReadFile(JoinPath(directory, key), kMaxCaBytes), key))
          return *std::move(value);
    if (auto value = take(ReadFwCfgItem(paths.fw_cfg_credentials, key), key))
      return *std::move(value);
    for (const auto& [name, value] : smbios)
      if (name == key) return *take(value, key);
    return {};
  };
  SetInstanceUuid(record, "powernode.instance_uuid", read("powernode.instance_uuid"));
  SetPlatformUrl(record, "powernode.platform_url", read("powernode.platform_url"));
  SetBootstrapToken(record, "powernode.bootstrap_token", Secret(read("powernode.bootstrap_token")));
  SetCaPem(record, "powernode.ca_pem", read("powernode.ca_pem"));
  return record;
}

}  // namespace powernode::identity
