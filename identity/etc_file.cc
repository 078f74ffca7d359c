#include "identity/etc_file.h"

#include "agent/base/files.h"
#include "identity/identity_file.h"

namespace powernode::identity {

Record ReadEtcFile(const SourceContext& context) {
  return ReadIdentityFile(context.paths.etc_identity, context.paths.root,
                          DirectoryOf(context.paths.boot_identity));
}

Record ReadPersistFile(const SourceContext& context) {
  return ReadIdentityFile(context.paths.persist_identity, context.paths.root,
                          DirectoryOf(context.paths.boot_identity));
}

}  // namespace powernode::identity
