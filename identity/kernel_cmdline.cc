#include "identity/kernel_cmdline.h"

#include <map>

#include "agent/base/files.h"
#include "identity/ca_location.h"

namespace powernode::identity {
namespace {

// x86's COMMAND_LINE_SIZE is 2048, others allow more.
constexpr std::size_t kMaxLineBytes = 64 * 1024;
constexpr std::string_view kPrefix = "powernode.";
constexpr std::string_view kMaskedToken = "***";

bool IsQuote(char c) { return c == '"' || c == '\''; }

bool IsQuoted(std::string_view text) {
  return text.size() >= 2 && IsQuote(text.front()) && text.back() == text.front();
}

std::pair<std::string, std::string> SplitToken(std::string_view token) {
  if (IsQuoted(token)) token = token.substr(1, token.size() - 2);
  const std::size_t equals = token.find('=');
  if (equals == std::string_view::npos) return {std::string(token), {}};
  std::string_view value = token.substr(equals + 1);
  if (IsQuoted(value)) value = value.substr(1, value.size() - 2);
  return {std::string(token.substr(0, equals)), std::string(value)};
}

// The quote that is still open at the end of the text; 0: none.
char OpenQuote(std::string_view text) {
  char quote = '\0';
  for (const char c : text)
    if (quote == '\0' ? IsQuote(c) : c == quote) quote = quote == '\0' ? c : '\0';
  return quote;
}

// The words as they stand there, quotes and all.
std::vector<std::string_view> WordsOf(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  char quote = '\0';
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : '\n';
    if (quote != '\0' && i < text.size()) {
      if (c == quote) quote = '\0';
      continue;
    }
    if (IsQuote(c)) {
      quote = c;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\0') {
      if (i > begin) out.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  return out;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> SplitCommandLine(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string_view word : WordsOf(text)) out.push_back(SplitToken(word));
  return out;
}

std::string MaskCommandLine(std::string_view text) {
  constexpr std::string_view kKey = "powernode.bootstrap_token=";
  std::string out;
  std::size_t taken = 0;  // of `text`
  for (const std::string_view word : WordsOf(text)) {
    const std::size_t key = word.find(kKey);
    if (key == std::string_view::npos) continue;
    const auto begin = static_cast<std::size_t>(word.data() - text.data());
    const std::size_t value = key + kKey.size();
    out.append(text.substr(taken, begin + value - taken)).append(kMaskedToken);
    taken = begin + word.size();
    // A quote that is open before the value is closed behind it, or the next words were part of it.
    const char open = OpenQuote(word.substr(0, value));
    if (open != '\0' && OpenQuote(word) == '\0') out += open;
  }
  return out.append(text.substr(taken));
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
  if (value_of("powernode.bootstrap_token") != kMaskedToken)
    SetBootstrapToken(record, "powernode.bootstrap_token",
                      Secret(std::move(value_of("powernode.bootstrap_token"))));
  SetCaPem(record, "powernode.ca_pem", value_of("powernode.ca_pem"));
  if (!record.ca_pem) SetCaBase64(record, "powernode.ca_b64", value_of("powernode.ca_b64"));
  for (const char* key : {"powernode.ca_url", "powernode.ca", "powernode.ca_pem_url"})
    if (!record.ca_pem && !record.ca_location && !value_of(key).empty())
      record.ca_location = {
          .key = key, .url = value_of(key), .sha256 = value_of("powernode.ca_sha256")};
  return record;
}

Record ReadKernelCommandLine(const SourceContext& context) {
  const Result<std::string> text = ReadFile(context.paths.kernel_cmdline, kMaxLineBytes);
  Record record;
  if (text) {
    record = ParseKernelCommandLine(*text);
    FetchCa(context, record);
    return record;
  }
  if (text.error().kind() != ErrorKind::kNotFound) record.problems.push_back(text.error());
  return record;
}

}  // namespace powernode::identity
