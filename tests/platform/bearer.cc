#include "tests/platform/bearer.h"

#include "agent/base/random.h"
#include "tests/platform/digest.h"

namespace powernode::platform {
namespace {

constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";
constexpr std::string_view kIssuer = "powernode";
constexpr std::string_view kAudience = "node_api";

std::string Signature(const State& state, std::string_view signed_part) {
  return Base64Url(HmacSha256(HmacSha256(state.claim_secret, "instance tokens"), signed_part));
}

Error Refused(std::string_view text) {
  return Error(ErrorKind::kRefused, "bad_bearer", std::string(text));
}

}  // namespace

std::string IssueBearer(const State& state, const std::string& instance_id) {
  const json claims = {
      {"type", "instance"}, {"sub", instance_id},
      {"iss", kIssuer},     {"aud", kAudience},
      {"iat", state.Now()}, {"exp", state.Now() + state.settings.bearer_lifetime_seconds},
      {"jti", RandomUuid()}};
  const std::string signed_part = Base64Url(kHeader) + "." + Base64Url(claims.dump());
  return signed_part + "." + Signature(state, signed_part);
}

Result<std::string> ReadBearer(const State& state, std::string_view token) {
  constexpr std::string_view kInvalid = "Invalid instance token";
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  if (first == std::string_view::npos || first == last) return Refused(kInvalid);
  if (!SameSecret(Signature(state, token.substr(0, last)), token.substr(last + 1)) ||
      token.substr(0, first) != Base64Url(kHeader))
    return Refused(kInvalid);
  const auto text = Base64UrlDecode(token.substr(first + 1, last - first - 1));
  const json claims = json::parse(text.value_or(""), nullptr, false);
  if (!claims.is_object()) return Refused(kInvalid);
  if (claims.value("type", "") != "instance") return Refused("Invalid token type");
  if (claims.value("iss", "") != kIssuer || claims.value("aud", "") != kAudience ||
      claims.value("exp", Seconds{0}) <= state.Now())
    return Refused(kInvalid);
  return claims.value("sub", "");
}

}  // namespace powernode::platform
