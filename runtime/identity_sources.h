// This machine as identity/ sees it: where its sources are, how to reach those that take a mount,
// and what it is enrolled as.
#pragma once

#include <stop_token>

#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "enroll/credentials.h"
#include "identity/source.h"

namespace powernode::runtime {

// `credentials` may be null. `clock` must outlive the result.
identity::SourceContext SourcesOf(const Paths& paths, const identity::SourceSettings& settings,
                                  const enroll::CredentialsPtr& credentials, Clock& clock,
                                  std::stop_token stop);

}  // namespace powernode::runtime
