#include "agent/commands/stored_credentials.h"

#include "enroll/pki_store.h"

namespace powernode::commands {

Result<enroll::CredentialsPtr> StoredCredentials(const Context& context, const Paths& paths) {
  enroll::PkiStore::Loaded loaded = enroll::PkiStore(paths.pki).Load(context.clock.UnixSeconds());
  if (loaded.credentials) return loaded.credentials;
  if (!loaded.findings.empty()) return loaded.findings.front();
  return Error(ErrorKind::kDenied, "not_enrolled",
               "no certificate below " + paths.pki + ": run `powernode-agent enroll` first");
}

}  // namespace powernode::commands
