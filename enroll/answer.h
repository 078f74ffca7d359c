// From an HTTP answer of the platform to data or an error (node-api.md §3.1, T3, T13): one place
// where a status, an envelope and the server's own words become a kind, a code and a text.
// Everything in it came from outside: texts are cut and made printable.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/http.h"
#include "agent/base/json.h"
#include "agent/base/result.h"

namespace powernode::enroll {

constexpr std::chrono::seconds kMaxRetryAfter{900};

// `data` of a good answer (an object; empty when absent).
// Errors by status: 401 kDenied "unauthorized"; 403 kDenied "forbidden"; 404, 405, 501 kNotFound
// "not_found"; 409 kDenied "conflict"; 413, 422 kDenied "rejected"; 416 kRefuted
// "range_not_satisfiable"; 429 kUnavailable "rate_limited"; 5xx kUnavailable "platform_error"; 3xx
// kInvalid "unexpected_redirect"; other 4xx kInvalid "bad_request". A body that is not a JSON
// object: kUnavailable "not_json"; `success` not true: kInvalid "bad_answer".
Result<Json> DataOf(const HttpResponse& response);

// The error that the status and body of a bad answer stand for.
Error ErrorOfStatus(const HttpResponse& response);

// The envelope's `code` ("CA_ALGORITHM_UNSUPPORTED"); empty when there is none.
std::string CodeOf(const HttpResponse& response);

// Header Retry-After in seconds, else `retry_after` of the body; at most kMaxRetryAfter.
std::optional<std::chrono::seconds> RetryAfterOf(const HttpResponse& response);

// At most 200 printable characters.
std::string PrintableText(std::string_view text);

// Worth trying again by itself: the network, time, 429, 5xx. Not when we were told to stop.
bool IsRetryable(const Error& error);

}  // namespace powernode::enroll
