#include "agent/commands/image_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "agent/base/files.h"
#include "agent/base/random.h"
#include "agent/base/syscalls.h"

namespace powernode::commands {
namespace {

constexpr mode_t kImageMode = 0644;

Error BadTarget(std::string message) {
  return Error(ErrorKind::kInvalid, "bad_flags", "--image: " + std::move(message));
}

// Renaming over a device would put a file in its place.
Status RequireReplaceable(const std::string& path) {
  const Result<struct stat> there = Stat(path);
  if (!there && there.error().kind() == ErrorKind::kNotFound) return Ok();
  if (!there) return there.error();
  if (S_ISREG(there->st_mode)) return Ok();
  return BadTarget(path + " is there and no regular file; '-' is standard output");
}

}  // namespace

ImageOutput::ImageOutput(ImageOutput&& other) noexcept
    : target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::move(other.fd_)),
      fsverity_(std::move(other.fsverity_)),
      sha256_(other.sha256_) {}

ImageOutput::~ImageOutput() {
  if (!temporary_.empty()) (void)::unlink(temporary_.c_str());
}

Result<ImageOutput> ImageOutput::Open(const std::string& target) {
  ImageOutput output(target);
  if (target.empty()) return output;
  if (target == "-") {
    if (::isatty(STDOUT_FILENO) == 1)
      return BadTarget("standard output is a terminal, redirect it");
    output.fd_ = Fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
    if (!output.fd_.valid()) return SystemError("standard output", errno);
    return output;
  }
  RETURN_IF_ERROR(RequireReplaceable(target));
  const std::string temporary =
      DirectoryOf(target) + "/." + BaseNameOf(target) + "." + RandomHex(6) + ".part";
  ASSIGN_OR_RETURN(
      output.fd_, powernode::Open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kImageMode));
  output.temporary_ = temporary;
  if (::fchmod(output.fd_.get(), kImageMode) < 0)  // past the umask
    return SystemError("chmod " + temporary, errno);
  return output;
}

Status ImageOutput::Write(std::span<const std::byte> bytes) {
  fsverity_.Update(bytes);
  sha256_.Update(bytes);
  if (!fd_.valid()) return Ok();
  RETURN_IF_ERROR_CONTEXT(WriteAll(fd_, bytes),
                          "write " + (temporary_.empty() ? "standard output" : target_));
  return Ok();
}

Result<ImageOutput::Digests> ImageOutput::Finish() && {
  if (!temporary_.empty()) {
    RETURN_IF_ERROR_CONTEXT(Fsync(fd_), "write " + target_);
    RETURN_IF_ERROR(Rename(temporary_, target_));
    temporary_.clear();
    RETURN_IF_ERROR(SyncDirectory(DirectoryOf(target_)));
  }
  return Digests{.fsverity = verify::ImageVerity(fsverity_.Finish()),
                 .sha256 = verify::BlobDigest(sha256_.Finish())};
}

}  // namespace powernode::commands
