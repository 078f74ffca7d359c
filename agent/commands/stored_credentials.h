// What an enrolled node shows its platform.
#pragma once

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "agent/commands/command.h"
#include "enroll/credentials.h"

namespace powernode::commands {

// kDenied "not_enrolled": there is no certificate; the commands that ask here never enroll a node.
Result<enroll::CredentialsPtr> StoredCredentials(const Context& context, const Paths& paths);

}  // namespace powernode::commands
