#include "tests/platform/manners.h"

#include <algorithm>

namespace powernode::platform {
namespace {

constexpr std::size_t kMaxHeaderBytes = 8 << 10;

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

// "powernode-agent/<version> (<arch>)"
bool IsUserAgent(std::string_view text) {
  constexpr std::string_view kName = "powernode-agent/";
  const std::size_t space = text.find(" (");
  return text.starts_with(kName) && space != std::string_view::npos && space > kName.size() &&
         text.ends_with(")") && text.size() > space + 3;
}

std::string_view Value(const Request& request, std::string_view name) {
  const std::string* value = request.Header(name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

void CheckRequiredHeaders(Call& call, const Route& route) {
  const Request& request = call.request;
  if (!IsUserAgent(Value(request, "User-Agent")))
    call.Complain("User-Agent is not powernode-agent/<version> (<arch>)");
  if (!IsUuid(Value(request, "X-Request-Id"))) call.Complain("X-Request-Id is not a uuid");
  if (route.body == RouteBody::kJson && Value(request, "Accept") != "application/json")
    call.Complain("Accept is not application/json");
  if (!request.body.empty() && Value(request, "Content-Type") != "application/json")
    call.Complain("Content-Type is not application/json");
  const bool needs_key =
      request.method == "POST" && route.pattern != "status/heartbeat" && route.pattern != "claim";
  if (needs_key && !IsUuid(Value(request, "Idempotency-Key")))
    call.Complain("Idempotency-Key is not a uuid");
  if (!needs_key && request.Header("Idempotency-Key") != nullptr)
    call.Complain("Idempotency-Key has no place here");
}

void CheckForbiddenHeaders(Call& call) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : call.request.headers) {
    bytes += name.size() + value.size() + 4;
    const auto starts = [&name = name](std::string_view prefix) {
      return SameHeaderName(std::string_view(name).substr(0, prefix.size()), prefix);
    };
    if (starts("X-Client-") || starts("X-Forwarded-"))
      call.Complain("sends the identity header " + name);
    if (SameHeaderName(name, "Expect")) call.Complain("sends Expect");
    if (SameHeaderName(name, "Accept-Encoding") && value != "identity")
      call.Complain("accepts an encoding");
  }
  if (bytes > kMaxHeaderBytes) call.Complain("the header block is larger than 8 KiB");
}

}  // namespace

void CheckManners(Call& call, const Route& route) {
  CheckRequiredHeaders(call, route);
  CheckForbiddenHeaders(call);
}

}  // namespace powernode::platform
