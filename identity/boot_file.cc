#include "identity/boot_file.h"

#include "agent/base/files.h"
#include "identity/identity_file.h"

namespace powernode::identity {

Record ReadBootFile(const SourceContext& context) {
  const std::string& path = context.paths.boot_identity;
  Record record = ReadIdentityFile(path, context.paths.root, DirectoryOf(path));
  if (record.found || !context.boot_partition) return record;
  const Status mounted = context.boot_partition([&](const std::string& directory) {
    record = ReadIdentityFile(JoinPath(directory, BaseNameOf(path)), context.paths.root, directory);
  });
  if (!mounted && mounted.error().kind() != ErrorKind::kNotFound)
    record.problems.push_back(mounted.error().WithContext("boot partition"));
  return record;
}

}  // namespace powernode::identity
