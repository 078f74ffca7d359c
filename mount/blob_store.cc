#include "mount/blob_store.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/free_space.h"

namespace powernode::mount {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;
constexpr std::size_t kMaxSignature = 1024 * 1024;

Status UnlinkIfThere(const std::string& path) {
  Status done = Unlink(path);
  if (!done && done.error().kind() != ErrorKind::kNotFound) return std::move(done).error();
  return Ok();
}

}  // namespace

BlobStore::BlobStore(const Paths& paths, std::uint64_t floor_mib)
    : blobs_(paths.blobs),
      partial_(paths.partial),
      locks_(paths.locks),
      floor_bytes_(floor_mib * kMiB) {}

Status BlobStore::Prepare() const {
  RETURN_IF_ERROR_CONTEXT(MakeDirectories(blobs_, 0755), "prepare the module store");
  RETURN_IF_ERROR_CONTEXT(MakeDirectories(partial_, 0700), "prepare the module store");
  RETURN_IF_ERROR_CONTEXT(MakeDirectories(locks_, 0700), "prepare the module store");
  return Ok();
}

std::string BlobStore::PathOf(const verify::BlobDigest& digest) const {
  return JoinPath(blobs_, std::string(kBlobPrefix) + digest.Hex());
}

std::string BlobStore::SignaturePathOf(const verify::BlobDigest& digest) const {
  return PathOf(digest) + ".sig";
}

std::string BlobStore::PartPathOf(const verify::BlobDigest& digest) const {
  return JoinPath(partial_, std::string(kBlobPrefix) + digest.Hex() + ".part");
}

std::string BlobStore::PartMetaPathOf(const verify::BlobDigest& digest) const {
  return JoinPath(partial_, std::string(kBlobPrefix) + digest.Hex() + ".meta");
}

Result<LockFile> BlobStore::Lock(const verify::BlobDigest& digest,
                                 std::chrono::milliseconds patience) const {
  return LockFile::Take(JoinPath(locks_, digest.Hex()), "pull " + digest.ToString(), patience);
}

Result<std::optional<Fd>> BlobStore::Open(const verify::BlobDigest& digest) const {
  Result<Fd> fd = powernode::Open(PathOf(digest), O_RDONLY | O_NOFOLLOW);
  if (fd) return std::optional<Fd>(std::move(fd).value());
  if (fd.error().kind() == ErrorKind::kNotFound) return std::optional<Fd>();
  return std::move(fd).error();
}

Result<std::optional<std::string>> BlobStore::ReadSignature(
    const verify::BlobDigest& digest) const {
  Result<std::string> text = ReadFile(SignaturePathOf(digest), kMaxSignature);
  if (text) return std::optional<std::string>(std::move(text).value());
  if (text.error().kind() == ErrorKind::kNotFound) return std::optional<std::string>();
  return std::move(text).error();
}

Status BlobStore::WriteSignature(const verify::BlobDigest& digest, const std::string& text) const {
  return WriteFileAtomically(SignaturePathOf(digest), text, 0444);
}

Status BlobStore::RequireSpace(std::uint64_t size, std::uint64_t already) const {
  return RequireFreeSpace(partial_, "the module store " + blobs_,
                          {.missing = size > already ? size - already : 0,
                           .reserve = size / 10,
                           .floor_bytes = floor_bytes_});
}

Status BlobStore::Adopt(const verify::BlobDigest& digest) const {
  const std::string part = PartPathOf(digest);
  if (::chmod(part.c_str(), 0444) < 0) return SystemError("make read-only " + part, errno);
  RETURN_IF_ERROR(Rename(part, PathOf(digest)));
  RETURN_IF_ERROR(SyncDirectory(blobs_));
  return UnlinkIfThere(PartMetaPathOf(digest));
}

Status BlobStore::RemovePart(const verify::BlobDigest& digest) const {
  RETURN_IF_ERROR(UnlinkIfThere(PartMetaPathOf(digest)));
  return UnlinkIfThere(PartPathOf(digest));
}

Status BlobStore::Remove(const verify::BlobDigest& digest) const {
  RETURN_IF_ERROR(UnlinkIfThere(SignaturePathOf(digest)));
  return UnlinkIfThere(PathOf(digest));
}

Result<std::vector<verify::BlobDigest>> BlobStore::List() const {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDirectory(blobs_));
  std::vector<verify::BlobDigest> digests;
  for (const std::string& name : names) {
    if (!name.starts_with(kBlobPrefix)) continue;
    const Result<verify::BlobDigest> digest =
        verify::BlobDigest::Parse(std::string_view(name).substr(kBlobPrefix.size()));
    if (digest) digests.push_back(*digest);
  }
  return digests;
}

}  // namespace powernode::mount
