#include "tests/platform/copy_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/random.h"
#include "agent/base/syscalls.h"

namespace powernode::platform {
namespace {

Status CopyByHand(const Fd& from, const Fd& to) {
  std::vector<std::byte> buffer(1 << 20);
  for (;;) {
    ASSIGN_OR_RETURN(const std::size_t got, Read(from, buffer));
    if (got == 0) return Ok();
    RETURN_IF_ERROR(WriteAll(to, std::span(buffer.data(), got)));
  }
}

Status Copy(const Fd& from, const Fd& to) {
  constexpr std::size_t kStep = 1 << 30;
  for (bool first = true;; first = false) {
    const ssize_t copied = ::copy_file_range(from.get(), nullptr, to.get(), nullptr, kStep, 0);
    if (copied == 0) return Ok();
    if (copied > 0) continue;
    if (first && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS))
      return CopyByHand(from, to);
    return SystemError("copy_file_range", errno);
  }
}

Status CopyAndName(const std::string& from, const std::string& temporary,
                   const std::function<Result<std::string>(const std::string&)>& name) {
  ASSIGN_OR_RETURN(const Fd original, Open(from, O_RDONLY | O_CLOEXEC));
  ASSIGN_OR_RETURN(const Fd copy, Open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  RETURN_IF_ERROR(Copy(original, copy));
  ASSIGN_OR_RETURN(const std::string final_path, name(temporary));
  return Rename(temporary, final_path);
}

}  // namespace

Status CopyFileAs(const std::string& from, const std::string& directory,
                  const std::function<Result<std::string>(const std::string& copy)>& name) {
  const std::string temporary = JoinPath(directory, ".import-" + RandomHex(8));
  Status copied = CopyAndName(from, temporary, name);
  if (copied || !Exists(temporary)) return copied;
  if (const Status removed = Unlink(temporary); !removed)
    return std::move(copied).error().AlsoFailed(removed.error());
  return copied;
}

}  // namespace powernode::platform
