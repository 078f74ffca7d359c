#include "identity/user_data.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>

#include "agent/base/encoding.h"
#include "agent/base/json.h"
#include "identity/kernel_cmdline.h"

namespace powernode::identity {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr int kMostWrappings = 2;

std::optional<Record> FromJson(std::string_view text) {
  if (!text.starts_with('{')) return std::nullopt;
  const Result<Json> object = ParseJsonObject(text);
  if (!object) return std::nullopt;
  Record record;
  auto take = [&](const char* key) {
    std::optional<std::string> value = GetString(*object, key);
    record.found = record.found || value.has_value();
    return std::move(value).value_or("");
  };
  SetInstanceUuid(record, "instance_uuid", take("instance_uuid"));
  SetPlatformUrl(record, "platform_url", take("platform_url"));
  SetBootstrapToken(record, "bootstrap_token", Secret(take("bootstrap_token")));
  SetCaPem(record, "ca_pem", take("ca_pem"));
  if (!record.found) return std::nullopt;
  return record;
}

// Whoever answers at the metadata address would choose the place and the fingerprint, too.
void RefuseCaLocation(Record& record) {
  record.problems.emplace_back(ErrorKind::kRefused, "ca_location_not_fetched",
                               record.ca_location->key +
                                   ": a place to fetch the CA from counts on the kernel command "
                                   "line only; give the CA inline with powernode.ca_b64=");
  record.ca_location.reset();
}

std::optional<Record> FromWords(std::string_view text) {
  for (const std::string_view key :
       {"powernode.instance_uuid=", "powernode.bootstrap_token=", "powernode.platform_url="})
    if (text.find(key) != std::string_view::npos) {
      Record record = ParseKernelCommandLine(text);
      if (record.ca_location) RefuseCaLocation(record);
      if (!record.Summary().empty() || !record.problems.empty()) return record;
    }
  return std::nullopt;
}

bool IsAssignment(std::string_view line) {
  if (line.starts_with("export ") || line.starts_with("export\t")) line.remove_prefix(7);
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view name = TrimSpace(line.substr(0, equals));
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_';
  });
}

// Assignments and comments only: a script or a YAML document may well set a KEY, too.
std::optional<Record> FromLines(std::string_view text, const CaFileReader& read_ca) {
  if (text.starts_with("#!")) return std::nullopt;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = TrimSpace(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (!line.empty() && line.front() != '#' && !IsAssignment(line)) return std::nullopt;
  }
  Record record = ParseIdentityFile(text, read_ca);
  if (record.Summary().empty() && record.problems.empty()) return std::nullopt;
  return record;
}

}  // namespace

Record ParseUserData(std::string_view text, const CaFileReader& read_ca) {
  Record nothing;
  if (text.size() > kMaxUserData) {
    nothing.problems.emplace_back(ErrorKind::kInvalid, "user_data_too_large",
                                  "user data is longer than 64 KiB");
    return nothing;
  }
  nothing.note = TrimSpace(text).empty() ? "user data is empty"
                                         : "user data holds no identity in a form known here";
  std::array<Secret, kMostWrappings> unwrapped;
  for (int depth = 0;; ++depth) {
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    text = TrimSpace(text);
    std::optional<Record> record = FromJson(text);
    if (!record) record = FromWords(text);
    if (!record) record = FromLines(text, read_ca);
    if (record) return *std::move(record);
    if (text.empty() || depth == kMostWrappings) return nothing;
    std::optional<std::string> bytes = Base64DecodeLines(text);
    if (!bytes) return nothing;
    Secret& kept = unwrapped[static_cast<std::size_t>(depth)];
    kept = Secret(*std::move(bytes));
    text = kept.Reveal();
  }
}

}  // namespace powernode::identity
