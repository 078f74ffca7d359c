#include "identity/kernel_cmdline.h"

#include <map>

#include "agent/base/files.h"

namespace powernode::identity {
namespace {

constexpr std::size_t kMaxBytes = 64 * 1024;  // x86's COMMAND_LINE_SIZE is 2048, others allow more
constexpr std::string_view kPrefix = "powernode.";

bool IsQuoted(std::string_view text) {
  return text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
         text.back() == text.front();
}

std::pair<std::string, std::string> SplitToken(std::string_view token) {
  if (IsQuoted(token)) token = token.substr(1, token.size() - 2);
  const std::size_t equals = token.find('=');
  if (equals == std::string_view::npos) return {std::string(token), {}};
  std::string_view value = token.substr(equals + 1);
  if (IsQuoted(value)) value = value.substr(1, value.size() - 2);
  return {std::string(token.substr(0, equals)), std::string(value)};
}

// A CA by location counts only with the fingerprint of its bytes: whoever answers for the location
// could otherwise choose whom the node trusts (ID-4).
void NoteCaLocation(Record& record, std::string_view key, bool has_fingerprint) {
  if (has_fingerprint) {
    record.problems.emplace_back(ErrorKind::kUnsupported, "ca_location_not_fetched",
                                 std::string(key) +
                                     ": this agent does not fetch a CA; put it inline with "
                                     "powernode.ca_b64=, or bake it into the image");
    return;
  }
  record.problems.emplace_back(
      ErrorKind::kRefused, "ca_location_without_fingerprint",
      std::string(key) +
          ": names only a place to fetch the CA from, and nothing proves what is "
          "there; give the CA inline with powernode.ca_b64=");
}

}  // namespace

std::vector<std::pair<std::string, std::string>> SplitCommandLine(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> out;
  std::size_t begin = 0;
  char quote = '\0';
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : '\n';
    if (quote != '\0' && i < text.size()) {
      if (c == quote) quote = '\0';
      continue;
    }
    if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\0') {
      if (i > begin) out.push_back(SplitToken(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  return out;
}

Record ParseKernelCommandLine(std::string_view text) {
  std::map<std::string, std::string, std::less<>> values;  // later duplicates win
  for (auto& [key, value] : SplitCommandLine(text))
    if (key.starts_with(kPrefix)) values[key] = std::move(value);

  Record record;
  record.found = true;
  auto value_of = [&values](std::string_view key) -> std::string& {
    return values[std::string(key)];
  };
  SetInstanceUuid(record, "powernode.instance_uuid", value_of("powernode.instance_uuid"));
  SetPlatformUrl(record, "powernode.platform_url", value_of("powernode.platform_url"));
  SetBootstrapToken(record, "powernode.bootstrap_token",
                    Secret(std::move(value_of("powernode.bootstrap_token"))));
  SetCaPem(record, "powernode.ca_pem", value_of("powernode.ca_pem"));
  if (!record.ca_pem) SetCaBase64(record, "powernode.ca_b64", value_of("powernode.ca_b64"));
  if (record.ca_pem) return record;
  for (const std::string_view key : {"powernode.ca_url", "powernode.ca", "powernode.ca_pem_url"})
    if (!value_of(key).empty())
      NoteCaLocation(record, key, !value_of("powernode.ca_sha256").empty());
  return record;
}

Record ReadKernelCommandLine(const SourceContext& context) {
  const Result<std::string> text = ReadFile(context.paths.kernel_cmdline, kMaxBytes);
  if (text) return ParseKernelCommandLine(*text);
  Record record;
  if (text.error().kind() != ErrorKind::kNotFound) record.problems.push_back(text.error());
  return record;
}

}  // namespace powernode::identity
