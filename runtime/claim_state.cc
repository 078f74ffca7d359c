#include "runtime/claim_state.h"

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "runtime/state_files.h"

namespace powernode::runtime {

ClaimState LoadClaimState(const Paths& paths) {
  const Result<std::optional<Json>> file = ReadState(ClaimFile(paths));
  if (!file || !*file) return {};
  const Json& body = **file;
  return {.mac = GetString(body, "mac").value_or(""),
          .device = GetString(body, "device").value_or(""),
          .code = GetString(body, "claim_code").value_or(""),
          .url = GetString(body, "claim_url").value_or(""),
          .first_at = ParseTime(GetString(body, "first_at").value_or("")).value_or(0)};
}

Status SaveClaimState(const Paths& paths, const ClaimState& state) {
  RETURN_IF_ERROR(MakeDirectories(DirectoryOf(paths.agent_state), 0755));
  RETURN_IF_ERROR(MakeDirectories(paths.agent_state, 0700));
  return WriteState(ClaimFile(paths), {{"mac", state.mac},
                                       {"device", state.device},
                                       {"claim_code", state.code},
                                       {"claim_url", state.url},
                                       {"first_at", FormatTime(state.first_at)}});
}

Status EndClaimState(const Paths& paths) {
  ClaimState state = LoadClaimState(paths);
  if (state.code.empty()) return Ok();
  state.code.clear();
  state.url.clear();
  return SaveClaimState(paths, state);
}

}  // namespace powernode::runtime
