#include "verify/fsverity_many.h"

#include <cstring>
#include <utility>

#include "verify/fsverity_descriptor.h"

namespace powernode::verify {
namespace {

constexpr std::size_t kDigestsInBlock = kFsVerityBlockBytes / sizeof(Sha256Bytes);

}  // namespace

std::vector<Sha256Bytes> FsVerityMany::HashEach(std::span<const std::byte> pieces,
                                                std::size_t piece_bytes) const {
  std::vector<Sha256Bytes> digests(pieces.size() / piece_bytes);
  hash_.FinishEach(pieces, piece_bytes, digests);
  return digests;
}

// `blocks[i]`: how many of the blocks are file i's.
std::vector<Sha256Bytes> FsVerityMany::Roots(std::span<const std::byte> files,
                                             std::vector<std::size_t> blocks) const {
  std::vector<Sha256Bytes> digests = HashEach(files, kFsVerityBlockBytes);
  for (;;) {
    // Files that have one digest have their root. The digests of each of the others become the
    // blocks of its next level.
    std::vector<std::byte> level;
    for (std::size_t file = 0, first = 0; file < blocks.size(); first += blocks[file++]) {
      if (blocks[file] == 1) continue;
      const std::size_t begin = level.size();
      const std::size_t whole = (blocks[file] + kDigestsInBlock - 1) / kDigestsInBlock;
      level.resize(begin + whole * kFsVerityBlockBytes);
      std::memcpy(level.data() + begin, &digests[first], blocks[file] * sizeof(Sha256Bytes));
    }
    if (level.empty()) return digests;

    const std::vector<Sha256Bytes> above = HashEach(level, kFsVerityBlockBytes);
    std::vector<Sha256Bytes> next;
    auto hashed = above.begin();
    for (std::size_t file = 0, first = 0; file < blocks.size(); ++file) {
      const std::size_t had = blocks[file];
      if (had == 1) {
        next.push_back(digests[first]);
      } else {
        blocks[file] = (had + kDigestsInBlock - 1) / kDigestsInBlock;
        const auto end = hashed + static_cast<std::ptrdiff_t>(blocks[file]);
        next.insert(next.end(), hashed, end);
        hashed = end;
      }
      first += had;
    }
    digests = std::move(next);
  }
}

std::vector<FsVerityDigest> FsVerityMany::Hash(std::span<const std::byte> files,
                                               std::span<const std::uint64_t> sizes) const {
  std::vector<std::size_t> blocks;
  blocks.reserve(sizes.size());
  for (const std::uint64_t size : sizes)
    blocks.push_back((size + kFsVerityBlockBytes - 1) / kFsVerityBlockBytes);
  const std::vector<Sha256Bytes> roots = Roots(files, std::move(blocks));

  std::vector<fsverity_descriptor> descriptors;
  descriptors.reserve(sizes.size());
  for (std::size_t file = 0; file < sizes.size(); ++file)
    descriptors.push_back(
        FsVerityDescriptor({}, sizes[file], std::as_bytes(std::span(roots[file]))));
  std::vector<FsVerityDigest> digests;
  digests.reserve(sizes.size());
  for (const Sha256Bytes& digest :
       HashEach(std::as_bytes(std::span(descriptors)), sizeof(fsverity_descriptor)))
    digests.push_back(
        *FsVerityDigest::FromBytes(FsVerityAlgorithm::kSha256, std::as_bytes(std::span(digest))));
  return digests;
}

}  // namespace powernode::verify
