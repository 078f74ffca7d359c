// Whether a leaf is in the tree that a root hash stands for (RFC 9162 §2.1.3.2; hashes as RFC 6962
// §2.1 makes them, SHA-256).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace powernode::verify::sigstore {

// A tree of 2^63 leaves is no higher.
inline constexpr std::size_t kMaxProofHashes = 63;

std::string LeafHash(std::string_view entry);

// `path` holds hashes of 32 bytes from the leaf upwards. False for an index outside of the tree, a
// path of another length than the index needs, and another root.
bool IsIncluded(std::string_view leaf_hash, std::int64_t index, std::int64_t tree_size,
                const std::vector<std::string>& path, std::string_view root);

}  // namespace powernode::verify::sigstore
