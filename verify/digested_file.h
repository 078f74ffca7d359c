// A file and the digests of its bytes, held together: whoever has the descriptor has what was
// hashed. The SHA-256 and the fs-verity digest come from the same pass over the same bytes. There
// are two ways to one: DigestFile reads an existing file, DigestingWriter hashes while it writes.
// The descriptor is never opened again by path, so that what was measured is what gets mounted
// (node-files.md §11.2, "One descriptor").
#pragma once

#include <cstdint>
#include <stop_token>
#include <utility>

#include "agent/base/fd.h"
#include "agent/base/result.h"
#include "verify/file_hash.h"

namespace powernode::verify {

class DigestedFile {
 public:
  const Fd& fd() const { return fd_; }
  const BlobDigest& digest() const { return digests_.blob; }
  // SHA-256, without salt.
  const FsVerityDigest& fsverity() const { return digests_.fsverity; }
  std::uint64_t size() const { return size_; }

  Fd TakeFd() && { return std::move(fd_); }

 private:
  friend Result<DigestedFile> DigestFile(Fd fd, std::stop_token stop);
  friend class DigestingWriter;

  DigestedFile(Fd fd, const FileDigests& digests, std::uint64_t size)
      : fd_(std::move(fd)), digests_(digests), size_(size) {}

  Fd fd_;
  FileDigests digests_;
  std::uint64_t size_;
};

// Reads the regular file behind `fd` from its first to its last byte; the file offset is not used.
// kUnavailable "cancelled" when stopped, kInvalid "not_a_file", kCannotTell "unreadable" when the
// disk fails.
Result<DigestedFile> DigestFile(Fd fd, std::stop_token stop = {});

}  // namespace powernode::verify
