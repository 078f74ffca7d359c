#include "identity/fw_cfg.h"

#include <fcntl.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::identity {
namespace {

constexpr std::size_t kMaxItemBytes = 64 * 1024;

}  // namespace

// One large buffer rather than chunks: the kernel reads the item from its start for each offset.
Result<std::string> ReadFwCfgItem(const std::string& directory, std::string_view key) {
  const std::string path = JoinPath(JoinPath(directory, key), "raw");
  ASSIGN_OR_RETURN(const Fd fd, Open(path, O_RDONLY));
  std::string content(kMaxItemBytes + 1, '\0');
  std::size_t length = 0;
  while (length < content.size()) {
    const std::span free(content.data() + length, content.size() - length);
    ASSIGN_OR_RETURN(const std::size_t count, Read(fd, std::as_writable_bytes(free)));
    if (count == 0) break;
    length += count;
  }
  if (length > kMaxItemBytes)
    return Error(ErrorKind::kInvalid, "file_too_large", path + ": longer than 64 KiB");
  content.resize(length);
  return content;
}

Record ReadFwCfg(const SourceContext& context) {
  Record record;
  record.found = Exists(context.paths.fw_cfg);
  if (!record.found) return record;
  auto read = [&](std::string_view key) -> std::string {
    Result<std::string> value = ReadFwCfgItem(context.paths.fw_cfg, key);
    if (value) return std::move(*value);
    if (value.error().kind() != ErrorKind::kNotFound)
      record.problems.push_back(std::move(value).error().WithContext(key));
    return {};
  };
  SetInstanceUuid(record, "instance_uuid", read("instance_uuid"));
  SetPlatformUrl(record, "platform_url", read("platform_url"));
  SetBootstrapToken(record, "bootstrap_token", Secret(read("bootstrap_token")));
  SetCaPem(record, "ca_pem", read("ca_pem"));
  SetInstanceName(record, "instance_name", read("instance_name"));
  return record;
}

}  // namespace powernode::identity
