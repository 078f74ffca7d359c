#include "tests/platform/message.h"

#include <algorithm>

#include "agent/base/encoding.h"

namespace powernode::platform {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// A broken escape stays as it is: it then fails the id pattern.
std::string DecodePercent(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      if (const auto byte = HexDecode(text.substr(i + 1, 2))) {
        decoded += *byte;
        i += 2;
        continue;
      }
    }
    decoded += text[i];
  }
  return decoded;
}

}  // namespace

bool SameHeaderName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

const std::string* Request::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (SameHeaderName(key, name)) return &value;
  }
  return nullptr;
}

std::optional<std::string> Request::QueryValue(std::string_view name) const {
  const std::size_t mark = target.find('?');
  std::string_view query =
      mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) == name)
      return DecodePercent(pair.substr(std::min(equals + 1, pair.size())));
  }
  return std::nullopt;
}

void SetTarget(Request& request, const std::string& target) {
  request.target = target;
  std::string_view path = std::string_view(target).substr(0, target.find('?'));
  request.segments.clear();
  if (path.substr(0, kApiPrefix.size()) != kApiPrefix) {
    request.path = std::string(path);
    return;
  }
  path.remove_prefix(kApiPrefix.size());
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    request.segments.push_back(DecodePercent(path.substr(0, slash)));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  request.path.clear();
  for (const std::string& segment : request.segments)
    request.path += (request.path.empty() ? "" : "/") + segment;
}

void Answer::SetHeader(std::string_view name, std::string value) {
  RemoveHeader(name);
  headers.emplace_back(std::string(name), std::move(value));
}

void Answer::RemoveHeader(std::string_view name) {
  std::erase_if(headers, [name](const auto& header) { return SameHeaderName(header.first, name); });
}

std::string* Answer::Header(std::string_view name) {
  for (auto& [key, value] : headers) {
    if (SameHeaderName(key, name)) return &value;
  }
  return nullptr;
}

Answer Success(json data) {
  Answer answer;
  answer.body = json{{"success", true}, {"data", std::move(data)}};
  return answer;
}

Answer Failure(int status, std::string_view text, std::string_view code, json details) {
  json body = {{"success", false}, {"error", text}};
  if (!code.empty()) body["code"] = code;
  if (!details.is_null()) body["details"] = std::move(details);
  Answer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

Answer List(std::string_view plural, json elements) {
  const std::size_t count = elements.size();
  return Success({{std::string(plural), std::move(elements)}, {"count", count}});
}

}  // namespace powernode::platform
