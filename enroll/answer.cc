#include "enroll/answer.h"

#include <algorithm>
#include <charconv>

namespace powernode::enroll {
namespace {

constexpr std::size_t kMaxText = 200;

struct Meaning {
  ErrorKind kind;
  std::string_view code;
};

Meaning MeaningOf(int status) {
  switch (status) {
    case 401:
      return {ErrorKind::kDenied, "unauthorized"};
    case 403:
      return {ErrorKind::kDenied, "forbidden"};
    case 404:
    case 405:
    case 501:
      return {ErrorKind::kNotFound, "not_found"};
    case 409:
      return {ErrorKind::kDenied, "conflict"};
    case 413:
    case 422:
      return {ErrorKind::kDenied, "rejected"};
    case 416:
      return {ErrorKind::kRefuted, "range_not_satisfiable"};
    case 429:
      return {ErrorKind::kUnavailable, "rate_limited"};
    default:
      break;
  }
  if (status >= 500) return {ErrorKind::kUnavailable, "platform_error"};
  if (status >= 300 && status < 400) return {ErrorKind::kInvalid, "unexpected_redirect"};
  return {ErrorKind::kInvalid, "bad_request"};
}

std::optional<Json> ObjectOf(const HttpResponse& response) {
  Result<Json> body = ParseJsonObject(response.body);
  if (!body) return std::nullopt;
  return std::move(*body);
}

}  // namespace

std::string PrintableText(std::string_view text) {
  std::string out(text.substr(0, kMaxText));
  for (char& c : out)
    if (c < ' ' || c > '~') c = '?';
  return out;
}

Error ErrorOfStatus(const HttpResponse& response) {
  const Meaning meaning = MeaningOf(response.status);
  std::string text = "the platform answered " + std::to_string(response.status);
  if (const std::optional<Json> body = ObjectOf(response))
    if (const std::optional<std::string> said = GetString(*body, "error"))
      text += ": " + PrintableText(*said);
  return Error(meaning.kind, std::string(meaning.code), std::move(text));
}

std::string CodeOf(const HttpResponse& response) {
  const std::optional<Json> body = ObjectOf(response);
  return body ? GetString(*body, "code").value_or("") : "";
}

Result<Json> DataOf(const HttpResponse& response) {
  if (response.status < 200 || response.status > 299) return ErrorOfStatus(response);
  const Result<Json> body = ParseJsonObject(response.body);
  if (!body)
    return Error(ErrorKind::kUnavailable, "not_json",
                 "the answer with status " + std::to_string(response.status) +
                     " does not come from the platform's API (" + body.error().message() + ")");
  if (GetBool(*body, "success") != true)
    return Error(ErrorKind::kInvalid, "bad_answer",
                 "the platform answered " + std::to_string(response.status) + " without success: " +
                     PrintableText(GetString(*body, "error").value_or("no reason given")));
  const Json* data = GetObject(*body, "data");
  return data != nullptr ? *data : Json::object();
}

std::optional<std::chrono::seconds> RetryAfterOf(const HttpResponse& response) {
  std::optional<std::int64_t> seconds;
  if (const std::optional<std::string_view> header = response.Header("retry-after")) {
    std::int64_t number = 0;
    const auto [end, problem] =
        std::from_chars(header->data(), header->data() + header->size(), number);
    if (problem == std::errc() && end == header->data() + header->size()) seconds = number;
  }
  if (!seconds && response.status >= 400) {
    const std::optional<Json> body = ObjectOf(response);
    if (body) seconds = GetInt(*body, "retry_after");
  }
  if (!seconds || *seconds < 0) return std::nullopt;
  return std::chrono::seconds(std::min<std::int64_t>(*seconds, kMaxRetryAfter.count()));
}

bool IsRetryable(const Error& error) {
  return error.kind() == ErrorKind::kUnavailable && error.code() != "stopped";
}

}  // namespace powernode::enroll
