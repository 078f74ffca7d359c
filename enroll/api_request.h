// Requests to the node API: the URL and the headers that every one carries (node-api.md §1.1,
// §1.2).
#pragma once

#include <string>
#include <string_view>

#include "agent/base/http.h"
#include "agent/base/url.h"

namespace powernode::enroll {

// origin + "/api/v1/system/node_api/" + path. What varies in `path` was checked with IsPathId.
std::string ApiUrl(const Origin& platform, std::string_view path);

enum class Accept { kJson, kBytes };

// A GET with User-Agent, a fresh X-Request-Id and Accept.
HttpRequest MakeApiRequest(const Origin& platform, std::string_view path, const HttpLimits& limits,
                           Accept accept = Accept::kJson);
// Turns it into a POST.
void SetJsonBody(HttpRequest& request, std::string body);

// "amd64" or "arm64"; empty on any other machine (T15).
std::string_view Architecture();

}  // namespace powernode::enroll
