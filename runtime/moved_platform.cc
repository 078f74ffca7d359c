#include "runtime/moved_platform.h"

#include "identity/merge.h"
#include "identity/read_sources.h"
#include "runtime/identity_sources.h"

namespace powernode::runtime {

std::optional<enroll::Credentials> MovedPlatform(const Paths& paths,
                                                 const identity::SourceSettings& settings,
                                                 const enroll::CredentialsPtr& stored, Clock& clock,
                                                 std::stop_token stop) {
  identity::SourceContext context = SourcesOf(paths, settings, nullptr, clock, std::move(stop));
  context.plain_http = nullptr;
  const identity::Draft draft = identity::Merge(identity::ReadSources(context));
  if (!draft.instance_uuid || draft.instance_uuid->value != stored->instance_id ||
      !draft.platform || !draft.ca_pem)
    return std::nullopt;
  if (draft.platform->value == stored->platform && draft.ca_pem->value == stored->ca_pem)
    return std::nullopt;
  enroll::Credentials moved = *stored;
  moved.platform = draft.platform->value;
  moved.ca_pem = draft.ca_pem->value;
  return moved;
}

}  // namespace powernode::runtime
