// The blobs a node keeps: $C/blobs/sha256_<hex>, the signature beside each as sha256_<hex>.sig,
// downloads that are not finished in $C/partial. The one mapping from digest to path is here
// (MO-7). Being in the store proves nothing: whoever takes a blob out measures it again (Puller
// does).
//
// A full disk is kNoSpace before a byte is written or lost (node-api.md §11.2: size + 10 % + the
// floor).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/fd.h"
#include "agent/base/lock_file.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "verify/blob_digest.h"

namespace powernode::mount {

inline constexpr std::string_view kBlobPrefix = "sha256_";  // of a blob's file name

class BlobStore {
 public:
  BlobStore(const Paths& paths, std::uint64_t floor_mib);

  // Creates the directories that are missing.
  Status Prepare() const;

  std::string PathOf(const verify::BlobDigest& digest) const;
  std::string SignaturePathOf(const verify::BlobDigest& digest) const;
  std::string PartPathOf(const verify::BlobDigest& digest) const;
  std::string PartMetaPathOf(const verify::BlobDigest& digest) const;

  // One process at a time per digest. kBusy "locked".
  Result<LockFile> Lock(const verify::BlobDigest& digest, std::chrono::milliseconds patience) const;

  // Read-only; nullopt when it is not there.
  Result<std::optional<Fd>> Open(const verify::BlobDigest& digest) const;
  // nullopt when there is none; at most 1 MiB.
  Result<std::optional<std::string>> ReadSignature(const verify::BlobDigest& digest) const;
  Status WriteSignature(const verify::BlobDigest& digest, const std::string& text) const;

  // kNoSpace "no_space" when `size` bytes, of which `already` are on the disk, would cut into the
  // floor.
  Status RequireSpace(std::uint64_t size, std::uint64_t already) const;

  // The finished part takes its final name, read-only and durably. The caller has verified it.
  Status Adopt(const verify::BlobDigest& digest) const;
  Status RemovePart(const verify::BlobDigest& digest) const;
  // A blob whose bytes are not those of its name, or one nobody refers to.
  Status Remove(const verify::BlobDigest& digest) const;

  // Digests of the stored blobs; other names are passed over.
  Result<std::vector<verify::BlobDigest>> List() const;

 private:
  std::string blobs_;
  std::string partial_;
  std::string locks_;
  std::uint64_t floor_bytes_;
};

}  // namespace powernode::mount
