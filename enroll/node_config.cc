#include "enroll/node_config.h"

#include <algorithm>

namespace powernode::enroll {
namespace {

ApiCall ConfigCall(std::string path) {
  return {.path = std::move(path),
          .body = {},
          .limits = kListCall,
          .retries = kGetRetries,
          .lane = LaneName::kTask};
}

}  // namespace

Result<AuthorizedKeys> FetchAuthorizedKeys(Session& session, std::stop_token stop) {
  constexpr std::string_view kContext = "fetch authorized keys";
  ASSIGN_OR_RETURN_CONTEXT(const Json data,
                           session.Call(ConfigCall("config/authorized_keys"), stop), kContext);
  AuthorizedKeys keys{.user = GetString(data, "target_user").value_or(""), .lines = {}};
  const std::optional<std::string> text = GetString(data, "authorized_keys");
  std::string_view rest = text ? std::string_view(*text) : std::string_view();
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) keys.lines.emplace_back(line);
  }
  const std::optional<std::int64_t> count = GetInt(data, "keys_count");
  if (!text || keys.user.empty() ||
      (count && *count != static_cast<std::int64_t>(keys.lines.size())))
    return Error(ErrorKind::kInvalid, "bad_answer",
                 std::string(kContext) + ": the answer names no user, or is cut short");
  return keys;
}

Result<std::string> FetchInstanceName(Session& session, std::stop_token stop) {
  ASSIGN_OR_RETURN_CONTEXT(const Json data, session.Call(ConfigCall("config"), stop),
                           "fetch configuration");
  const Json* instance = GetObject(data, "instance");
  return instance == nullptr ? "" : GetString(*instance, "name").value_or("");
}

}  // namespace powernode::enroll
