#include "verify/sigstore/inclusion_proof.h"

#include "verify/x509/hash.h"

namespace powernode::verify::sigstore {
namespace {

constexpr std::size_t kHashSize = 32;

std::string Hash(char prefix, std::string_view first, std::string_view second = {}) {
  std::string bytes(1, prefix);
  bytes += first;
  bytes += second;
  return x509::Digest(x509::HashAlgorithm::kSha256, bytes);
}

std::string NodeHash(std::string_view left, std::string_view right) {
  return Hash('\x01', left, right);
}

}  // namespace

std::string LeafHash(std::string_view entry) { return Hash('\x00', entry); }

bool IsIncluded(std::string_view leaf_hash, std::int64_t index, std::int64_t tree_size,
                const std::vector<std::string>& path, std::string_view root) {
  if (index < 0 || index >= tree_size) return false;
  auto node = static_cast<std::uint64_t>(index);
  auto last = static_cast<std::uint64_t>(tree_size) - 1;
  std::string hash(leaf_hash);
  for (const std::string& sibling : path) {
    if (last == 0 || sibling.size() != kHashSize) return false;
    if (node % 2 == 1 || node == last) {
      hash = NodeHash(sibling, hash);
      // The last node of a level may have no sibling there; it rises to where it has one.
      while (node % 2 == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = NodeHash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

}  // namespace powernode::verify::sigstore
