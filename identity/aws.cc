#include "identity/aws.h"

#include <algorithm>

#include "identity/record.h"

namespace powernode::identity {
namespace {

constexpr std::size_t kMaxToken = 1024;

}  // namespace

Result<HttpResponse> AskAws(const MetadataCall& call, HttpRequest request) {
  constexpr std::string_view kTokenPath = "/latest/api/token";
  const std::string base = request.url.substr(0, request.url.find('/', sizeof("http://") - 1));
  HttpRequest ask{.method = "PUT",
                  .url = base + std::string(kTokenPath),
                  .headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "60"}}};
  ASSIGN_OR_RETURN(HttpResponse answer, call.Send(std::move(ask)));
  if (answer.status != 200) return answer;
  const std::string_view token = TrimSpace(answer.body);
  const bool plain =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (token.empty() || token.size() > kMaxToken || !plain)
    return Error(ErrorKind::kInvalid, "bad_metadata", "the session token is none");
  request.headers.push_back({"X-aws-ec2-metadata-token", std::string(token)});
  return call.Send(std::move(request));
}

}  // namespace powernode::identity
