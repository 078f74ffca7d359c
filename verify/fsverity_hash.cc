#include "verify/fsverity_hash.h"

#include <algorithm>

#include "verify/fsverity_descriptor.h"

namespace powernode::verify {
namespace {

// As many blocks as the widest engine hashes at once.
constexpr std::size_t kBatchBytes = kSha256MaxLanes * kFsVerityBlockBytes;

}  // namespace

FsVerityHash::FsVerityHash(const FsVerityParameters& parameters, const Sha256Engine& engine)
    : blocks_(parameters, engine) {}

void FsVerityHash::Update(std::span<const std::byte> bytes) {
  size_ += bytes.size();
  Add(0, bytes);
}

void FsVerityHash::UpdateHashed(std::span<const std::byte> digests, std::uint64_t bytes) {
  size_ += bytes;
  levels_[0].blocks += (bytes + kFsVerityBlockBytes - 1) / kFsVerityBlockBytes;
  Add(1, digests);
}

// Whole batches are hashed where they lie; only what is left of them is copied.
void FsVerityHash::Add(std::size_t level, std::span<const std::byte> bytes) {
  std::vector<std::byte>& pending = levels_[level].pending;
  if (!pending.empty()) {
    const std::size_t count = std::min(bytes.size(), kBatchBytes - pending.size());
    pending.insert(pending.end(), bytes.begin(),
                   bytes.begin() + static_cast<std::ptrdiff_t>(count));
    bytes = bytes.subspan(count);
    if (pending.size() < kBatchBytes) return;
    HashBlocks(level, pending);
    pending.clear();
  }
  const std::size_t batches = bytes.size() / kBatchBytes * kBatchBytes;
  HashBlocks(level, bytes.first(batches));
  bytes = bytes.subspan(batches);
  if (bytes.empty()) return;
  pending.reserve(kBatchBytes);
  pending.assign(bytes.begin(), bytes.end());
}

void FsVerityHash::HashBlocks(std::size_t level, std::span<const std::byte> blocks) {
  if (blocks.empty()) return;
  std::vector<std::byte> digests;
  blocks_.Hash(blocks, digests);
  levels_[level].blocks += blocks.size() / kFsVerityBlockBytes;
  Add(level + 1, digests);
}

// The digest of the one block of the highest level, and zeros for a stream without bytes.
std::vector<std::byte> FsVerityHash::FinishRoot() {
  if (size_ == 0)
    return std::vector<std::byte>(FsVerityDigestBytes(blocks_.parameters().algorithm));
  for (std::size_t level = 0;; ++level) {
    std::vector<std::byte>& pending = levels_[level].pending;
    pending.resize((pending.size() + kFsVerityBlockBytes - 1) / kFsVerityBlockBytes *
                   kFsVerityBlockBytes);
    HashBlocks(level, pending);
    if (levels_[level].blocks == 1) return levels_[level + 1].pending;
  }
}

FsVerityDigest FsVerityHash::Finish() {
  const fsverity_descriptor descriptor =
      FsVerityDescriptor(blocks_.parameters(), size_, FinishRoot());
  return blocks_.HashUnsalted(std::as_bytes(std::span(&descriptor, 1)));
}

}  // namespace powernode::verify
