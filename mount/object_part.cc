#include "mount/object_part.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <vector>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::mount {
namespace {

constexpr std::size_t kCopyBytes = 256 * 1024;

}  // namespace

Result<ObjectPart> ObjectPart::Open(const std::string& directory, const NeededObject& object) {
  std::string path = JoinPath(directory, "object_" + object.digest.Hex() + ".part");
  ASSIGN_OR_RETURN(Fd named, powernode::Open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
  if (::flock(named.get(), LOCK_EX | LOCK_NB) < 0) {
    ASSIGN_OR_RETURN(Fd unnamed, powernode::Open(directory, O_RDWR | O_TMPFILE, 0600));
    return ObjectPart(std::move(unnamed), "");
  }
  ObjectPart part(std::move(named), std::move(path));
  ASSIGN_OR_RETURN(const struct stat info, Fstat(part.fd_));
  part.size_ = static_cast<std::uint64_t>(info.st_size);
  if (part.size_ > object.size) RETURN_IF_ERROR(part.Clear());
  return part;
}

Status ObjectPart::Append(std::span<const std::byte> bytes) {
  RETURN_IF_ERROR(PwriteAll(fd_, bytes, size_));
  size_ += bytes.size();
  return Ok();
}

Status ObjectPart::Clear() {
  RETURN_IF_ERROR(Ftruncate(fd_, 0));
  size_ = 0;
  return Ok();
}

Status ObjectPart::CopyTo(ObjectBatch::Writer& writer) const {
  std::vector<std::byte> buffer(std::min<std::uint64_t>(size_, kCopyBytes));
  for (std::uint64_t done = 0; done < size_;) {
    ASSIGN_OR_RETURN(const std::size_t count, Pread(fd_, buffer, done));
    if (count == 0) break;  // somebody cut it; the digest will tell
    RETURN_IF_ERROR(writer.Write(std::span(buffer).first(count)));
    done += count;
  }
  return Ok();
}

void ObjectPart::Remove() {
  if (!path_.empty()) (void)::unlink(path_.c_str());
}

}  // namespace powernode::mount
