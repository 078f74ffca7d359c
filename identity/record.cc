#include "identity/record.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "agent/base/encoding.h"
#include "identity/ca_text.h"

namespace powernode::identity {
namespace {

constexpr std::size_t kMinToken = 16;
constexpr std::size_t kMaxToken = 512;

void AddProblem(Record& record, std::string_view key, std::string code, std::string_view text) {
  record.problems.emplace_back(ErrorKind::kInvalid, std::move(code),
                               std::string(key) + ": " + std::string(text));
}

void TakeCa(Record& record, std::string_view key, std::string_view pem) {
  CaText ca = ReadCaText(pem);
  for (const std::string& problem : ca.problems) AddProblem(record, key, "bad_ca", problem);
  if (!ca.pem.empty()) record.ca_pem = std::move(ca.pem);
}

bool IsHostName(std::string_view text) {
  return text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
}

}  // namespace

std::string_view TrimSpace(std::string_view text) {
  auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string Record::Summary() const {
  std::string text;
  auto add = [&text](bool present, std::string_view name) {
    if (!present) return;
    if (!text.empty()) text += ", ";
    text += name;
  };
  add(instance_uuid.has_value(), "instance id");
  add(platform.has_value(), "platform URL");
  add(ca_pem.has_value(), "CA");
  add(bootstrap_token.has_value(), "token");
  return text;
}

void SetInstanceUuid(Record& record, std::string_view key, std::string_view value) {
  value = TrimSpace(value);
  if (value.empty()) return;
  if (!IsPathId(value)) {
    AddProblem(record, key, "bad_instance_uuid",
               "not an instance id (a UUID, or up to 64 of A-Z a-z 0-9 . _ -)");
    return;
  }
  std::string lower(value);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  record.instance_uuid = std::move(lower);
}

void SetPlatformUrl(Record& record, std::string_view key, std::string_view value) {
  value = TrimSpace(value);
  if (value.empty()) return;
  Result<Origin> origin = ParseOrigin(value);
  if (!origin) {
    record.problems.push_back(std::move(origin).error().WithContext(key));
    return;
  }
  record.platform = std::move(*origin);
}

void SetBootstrapToken(Record& record, std::string_view key, const Secret& value) {
  const std::string_view token = TrimSpace(value.Reveal());
  if (token.empty()) return;
  const bool printable =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!printable || token.size() < kMinToken || token.size() > kMaxToken) {
    AddProblem(record, key, "bad_token",
               printable ? "not a bootstrap token: " + std::to_string(token.size()) +
                               " characters long, expected 16 to 512"
                         : "not a bootstrap token: it has characters that do not print");
    return;
  }
  record.bootstrap_token = Secret(std::string(token));
}

void SetInstanceName(Record& record, std::string_view key, std::string_view value) {
  value = TrimSpace(value);
  if (value.empty()) return;
  if (!IsHostName(value)) {
    AddProblem(record, key, "bad_instance_name", "not a host name");
    return;
  }
  record.instance_name = std::string(value);
}

void SetCaPem(Record& record, std::string_view key, std::string_view value) {
  if (TrimSpace(value).empty()) return;
  std::string text;
  text.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size() && value[i + 1] == 'n') {
      text.push_back('\n');
      ++i;
    } else {
      text.push_back(value[i]);
    }
  }
  TakeCa(record, key, text);
}

void SetCaBase64(Record& record, std::string_view key, std::string_view value) {
  if (TrimSpace(value).empty()) return;
  const std::optional<std::string> bytes = Base64DecodeLines(value);
  if (!bytes) {
    AddProblem(record, key, "bad_ca", "not base64");
    return;
  }
  TakeCa(record, key, bytes->starts_with('\x30') ? PemOfCertificate(*bytes) : *bytes);
}

}  // namespace powernode::identity
