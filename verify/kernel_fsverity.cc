#include "verify/kernel_fsverity.h"

#include <linux/fsverity.h>
#include <sys/ioctl.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>
#include <string>

namespace powernode::verify {
namespace {

constexpr std::chrono::milliseconds kRetryEvery{20};
constexpr int kTries = 100;
constexpr std::size_t kLongestDigest = 64;

// `verb` names what was tried, in words.
Error IoctlError(const char* verb, int failed_errno) {
  switch (failed_errno) {
    case ENOTTY:
    case EOPNOTSUPP:
      return Error(ErrorKind::kUnsupported, "fsverity_unsupported",
                   std::string(verb) +
                       ": this file system or kernel has no fs-verity (needs "
                       "CONFIG_FS_VERITY, and ext4 with the verity feature, f2fs or "
                       "btrfs)")
          .set_system_errno(failed_errno);
    case ENODATA:
      return Error(ErrorKind::kNotFound, "fsverity_not_enabled",
                   std::string(verb) + ": fs-verity is not enabled on the file")
          .set_system_errno(failed_errno);
    default:
      return SystemError(verb, failed_errno);
  }
}

std::optional<FsVerityAlgorithm> AlgorithmOf(std::uint16_t number) {
  for (const FsVerityAlgorithm known : {FsVerityAlgorithm::kSha256, FsVerityAlgorithm::kSha512})
    if (number == static_cast<std::uint16_t>(known)) return known;
  return std::nullopt;
}

std::string Described(const FsVerityParameters& parameters) {
  return std::string(FsVerityAlgorithmName(parameters.algorithm)) + " with blocks of " +
         std::to_string(kFsVerityBlockBytes) + " bytes";
}

}  // namespace

int SystemVerityIoctl(const Fd& fd, unsigned long request, void* argument) {
  return ::ioctl(fd.get(), request, argument) == 0 ? 0 : errno;
}

Result<FsVerityDigest> MeasureVerity(const Fd& fd, const VerityIoctl& ioctl) {
  // struct fsverity_digest ends in a flexible array; its bytes follow it here.
  alignas(fsverity_digest) std::array<std::byte, sizeof(fsverity_digest) + kLongestDigest> answer{};
  fsverity_digest head{.digest_algorithm = 0, .digest_size = kLongestDigest};
  std::memcpy(answer.data(), &head, sizeof head);
  if (const int failed = ioctl(fd, FS_IOC_MEASURE_VERITY, answer.data()); failed != 0)
    return IoctlError("measure fs-verity", failed);
  std::memcpy(&head, answer.data(), sizeof head);

  const std::optional<FsVerityAlgorithm> algorithm = AlgorithmOf(head.digest_algorithm);
  if (algorithm && head.digest_size == FsVerityDigestBytes(*algorithm))
    return *FsVerityDigest::FromBytes(*algorithm,
                                      std::span(answer).subspan(sizeof head, head.digest_size));
  return Error(ErrorKind::kCannotTell, "fsverity_unknown_algorithm",
               "measure fs-verity: the kernel's algorithm " +
                   std::to_string(head.digest_algorithm) + " with " +
                   std::to_string(head.digest_size) + " bytes is not known here");
}

Status EnableVerity(const Fd& fd, const FsVerityParameters& parameters, Clock& clock,
                    const VerityIoctl& ioctl) {
  const std::span<const std::byte> salt = parameters.salt.bytes();
  fsverity_enable_arg argument{
      .version = 1,
      .hash_algorithm = static_cast<std::uint32_t>(parameters.algorithm),
      .block_size = kFsVerityBlockBytes,
      .salt_size = static_cast<std::uint32_t>(salt.size()),
      .salt_ptr = reinterpret_cast<std::uintptr_t>(salt.data()),
  };
  for (int attempt = 1;; ++attempt) {
    const int failed = ioctl(fd, FS_IOC_ENABLE_VERITY, &argument);
    if (failed == 0 || failed == EEXIST) return Ok();
    if (failed == EINVAL || failed == ENOPKG)
      return Error(ErrorKind::kUnsupported, "fsverity_unsupported",
                   "enable fs-verity: this kernel cannot do " + Described(parameters) +
                       " (before Linux 6.3 the block size must be that of a memory page)")
          .set_system_errno(failed);
    if (failed != ETXTBSY && failed != EBUSY) return IoctlError("enable fs-verity", failed);
    if (attempt == kTries)
      return Error(ErrorKind::kBusy, "fsverity_writer",
                   failed == ETXTBSY
                       ? "enable fs-verity: the file stays open for writing"
                       : "enable fs-verity: somebody else is still enabling it on the file")
          .set_system_errno(failed);
    clock.Sleep(kRetryEvery, {});
  }
}

Status RequireVerity(const Fd& fd, const FsVerityDigest& wanted, const VerityIoctl& ioctl) {
  ASSIGN_OR_RETURN(const FsVerityDigest measured, MeasureVerity(fd, ioctl));
  if (measured != wanted)
    return Error(ErrorKind::kRefuted, "fsverity_mismatch",
                 "the kernel measures " + measured.ToString() + ", wanted is " + wanted.ToString());
  return Ok();
}

}  // namespace powernode::verify
