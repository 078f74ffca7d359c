#include "identity/identity_file.h"

#include <map>

#include "agent/base/files.h"
#include "identity/ca_text.h"

namespace powernode::identity {
namespace {

constexpr std::size_t kMaxFileBytes = 64 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBootPrefix = "/boot/";

std::string_view Unquoted(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
      value.back() == value.front())
    return value.substr(1, value.size() - 2);
  return value;
}

std::map<std::string, std::string, std::less<>> ParseLines(std::string_view text) {
  std::map<std::string, std::string, std::less<>> values;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = TrimSpace(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("export ") || line.starts_with("export\t"))
      line = TrimSpace(line.substr(7));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    values[std::string(TrimSpace(line.substr(0, equals)))] =
        Unquoted(TrimSpace(line.substr(equals + 1)));
  }
  return values;
}

}  // namespace

Record ParseIdentityFile(std::string_view text, const CaFileReader& read_ca) {
  auto values = ParseLines(text);
  Record record;
  record.found = true;
  SetInstanceUuid(record, "ID", values["ID"]);
  SetPlatformUrl(record, "SERVER", values["SERVER"]);
  SetBootstrapToken(record, "KEY", Secret(std::move(values["KEY"])));
  SetCaPem(record, "CA_PEM", values["CA_PEM"]);
  const std::string& ca_file = values["CA_PEM_FILE"];
  if (record.ca_pem || ca_file.empty()) return record;
  const Result<std::string> ca = read_ca(ca_file);
  if (ca)
    SetCaPem(record, "CA_PEM_FILE", *ca);
  else
    record.problems.push_back(ca.error().WithContext("CA_PEM_FILE"));
  return record;
}

Record ReadIdentityFile(const std::string& path, const std::string& root,
                        const std::string& boot_directory) {
  const Result<std::string> text = ReadFile(path, kMaxFileBytes);
  if (!text) {
    Record record;
    if (text.error().kind() != ErrorKind::kNotFound) record.problems.push_back(text.error());
    return record;
  }
  return ParseIdentityFile(*text, [&](const std::string& name) {
    if (name.starts_with(kBootPrefix))
      return ReadFile(JoinPath(boot_directory, name.substr(kBootPrefix.size())), kMaxCaBytes);
    return ReadFile(name.starts_with('/') ? root + name : JoinPath(DirectoryOf(path), name),
                    kMaxCaBytes);
  });
}

}  // namespace powernode::identity
