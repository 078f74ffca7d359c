#include "runtime/carried_image.h"

#include <sys/stat.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxFile = 1024 * 1024;
constexpr std::size_t kMaxFiles = 256;

Status CopyFile(const std::string& from, const std::string& to) {
  ASSIGN_OR_RETURN(const std::string content, ReadFile(from, kMaxFile));
  return WriteFileAtomically(to, content, 0644);
}

// Regular files only, one level of directories below the top (trust/).
Status CopyDirectory(const std::string& from, const std::string& to, int depth) {
  const Result<std::vector<std::string>> names = ListDirectory(from);
  if (!names) return names.error().kind() == ErrorKind::kNotFound ? Ok() : Status(names.error());
  if (names->size() > kMaxFiles) return Error(ErrorKind::kInvalid, "too_many_files", from);
  RETURN_IF_ERROR(MakeDirectories(to, 0755));
  for (const std::string& name : *names) {
    ASSIGN_OR_RETURN(const struct stat info, Stat(from + "/" + name));
    if (S_ISREG(info.st_mode)) RETURN_IF_ERROR(CopyFile(from + "/" + name, to + "/" + name));
    if (S_ISDIR(info.st_mode) && depth > 0)
      RETURN_IF_ERROR(CopyDirectory(from + "/" + name, to + "/" + name, depth - 1));
  }
  return Ok();
}

}  // namespace

Status CarryImage(const Paths& paths) {
  RETURN_IF_ERROR_CONTEXT(CopyDirectory(paths.image_directory, paths.carried_image, 1),
                          "carry " + paths.image_directory + " over the switch");
  return Ok();
}

}  // namespace powernode::runtime
