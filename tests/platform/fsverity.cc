#include "tests/platform/fsverity.h"

#include <fcntl.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "agent/base/encoding.h"
#include "agent/base/syscalls.h"

namespace powernode::platform {
namespace {

constexpr std::size_t kBlock = 4096;
constexpr std::size_t kReadBlocks = 256;

using Hash = std::array<unsigned char, SHA256_DIGEST_LENGTH>;
using Block = std::array<unsigned char, kBlock>;

Hash HashOf(std::span<const unsigned char> bytes) {
  Hash hash{};
  ::SHA256(bytes.data(), bytes.size(), hash.data());
  return hash;
}

// The hashes of one level that no full block has taken up yet; zeros follow them.
class Level {
 public:
  bool full() const { return filled_ == kBlock; }
  bool has_one() const { return filled_ == sizeof(Hash); }
  Hash first() const {
    Hash hash{};
    std::copy_n(block_.begin(), hash.size(), hash.begin());
    return hash;
  }
  void Add(const Hash& hash) {
    std::copy(hash.begin(), hash.end(), block_.begin() + static_cast<std::ptrdiff_t>(filled_));
    filled_ += hash.size();
  }
  Hash Take() {
    const Hash hash = HashOf(block_);
    block_.fill(0);
    filled_ = 0;
    return hash;
  }

 private:
  Block block_{};
  std::size_t filled_ = 0;
};

// A block of hashes goes up only when another hash needs its place, so that every level has a hash
// in the end, and the root is the one that stands alone on the highest.
class MerkleTree {
 public:
  void Add(const Hash& hash, std::size_t level = 0) {
    if (level == levels_.size()) levels_.emplace_back();
    if (levels_[level].full()) Add(levels_[level].Take(), level + 1);
    levels_[level].Add(hash);
  }
  // Zeros for a file without data, as the kernel has it.
  Hash Root() {
    if (levels_.empty()) return {};
    for (std::size_t level = 0;; ++level) {
      if (level + 1 == levels_.size() && levels_[level].has_one()) return levels_[level].first();
      Add(levels_[level].Take(), level + 1);
    }
  }

 private:
  std::vector<Level> levels_;
};

// struct fsverity_descriptor of linux/fsverity.h, without its signature.
std::array<unsigned char, 256> Descriptor(const Hash& root, std::uint64_t size) {
  std::array<unsigned char, 256> descriptor{};
  descriptor[0] = 1;   // version
  descriptor[1] = 1;   // FS_VERITY_HASH_ALG_SHA256
  descriptor[2] = 12;  // log2 of the block size
  for (std::size_t i = 0; i < sizeof size; ++i)
    descriptor[8 + i] = static_cast<unsigned char>(size >> (8 * i));
  std::copy(root.begin(), root.end(), descriptor.begin() + 16);
  return descriptor;
}

// Less than the buffer only at the end of the file.
Result<std::size_t> ReadFull(const Fd& file, std::span<std::byte> buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    ASSIGN_OR_RETURN(const std::size_t got, Read(file, buffer.subspan(filled)));
    if (got == 0) break;
    filled += got;
  }
  return filled;
}

}  // namespace

Result<std::string> FsverityHexOfFile(const std::string& path) {
  ASSIGN_OR_RETURN_CONTEXT(const Fd file, Open(path, O_RDONLY | O_CLOEXEC), "fs-verity digest");
  std::vector<unsigned char> buffer(kReadBlocks * kBlock);
  MerkleTree tree;
  std::uint64_t size = 0;
  for (;;) {
    ASSIGN_OR_RETURN_CONTEXT(const std::size_t got,
                             ReadFull(file, std::as_writable_bytes(std::span(buffer))),
                             "fs-verity digest of " + path);
    if (got == 0) break;
    size += got;
    const std::size_t blocks = (got + kBlock - 1) / kBlock;
    std::fill(buffer.begin() + static_cast<std::ptrdiff_t>(got),
              buffer.begin() + static_cast<std::ptrdiff_t>(blocks * kBlock), 0);
    for (std::size_t i = 0; i < blocks; ++i)
      tree.Add(HashOf(std::span(buffer).subspan(i * kBlock, kBlock)));
  }
  const Hash digest = HashOf(Descriptor(tree.Root(), size));
  return HexEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace powernode::platform
