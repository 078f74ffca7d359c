#include "enroll/api_request.h"

#include "agent/base/random.h"
#include "agent/base/version.h"

namespace powernode::enroll {
namespace {

constexpr std::string_view kPrefix = "/api/v1/system/node_api/";

std::string UserAgent() {
  std::string text = "powernode-agent/" + std::string(Version());
  if (!Architecture().empty()) text += " (" + std::string(Architecture()) + ")";
  return text;
}

}  // namespace

std::string ApiUrl(const Origin& platform, std::string_view path) {
  return platform.ToString() + std::string(kPrefix) + std::string(path);
}

HttpRequest MakeApiRequest(const Origin& platform, std::string_view path, const HttpLimits& limits,
                           Accept accept) {
  HttpRequest request;
  request.url = ApiUrl(platform, path);
  request.limits = limits;
  request.headers = {{"Accept", accept == Accept::kJson ? "application/json" : "*/*"},
                     {"User-Agent", UserAgent()},
                     {"X-Request-Id", RandomUuid()}};
  return request;
}

void SetJsonBody(HttpRequest& request, std::string body) {
  request.method = "POST";
  request.body = std::move(body);
  request.headers.push_back({"Content-Type", "application/json"});
}

std::string_view Architecture() {
#if defined(__x86_64__)
  return "amd64";
#elif defined(__aarch64__)
  return "arm64";
#else
  return "";
#endif
}

}  // namespace powernode::enroll
