#include "verify/sigstore/inclusion_proof.h"

#include <doctest/doctest.h>

#include "tests/verify/vectors.h"

namespace powernode::verify::sigstore::inclusion_proof_test {
namespace {

struct Proof {
  std::string leaf;
  std::int64_t index;
  std::int64_t size;
  std::vector<std::string> path;
  std::string root;

  bool Holds() const { return IsIncluded(leaf, index, size, path, root); }
};

std::vector<Proof> KnownProofs() {
  std::vector<Proof> proofs;
  const Json all = testing::ReadJsonVector("primitives.json");
  for (const Json& known : all["merkle_small_trees"]["proofs"]) {
    Proof proof{.leaf = LeafHash(testing::FromHex(known["leaf_preimage_hex"])),
                .index = known["index"],
                .size = known["size"],
                .root = testing::FromHex(known["root"])};
    for (const Json& hash : known["path"]) proof.path.push_back(testing::FromHex(hash));
    proofs.push_back(proof);
  }
  return proofs;
}

}  // namespace

TEST_CASE("a leaf is in its tree") {
  const std::vector<Proof> proofs = KnownProofs();
  CHECK(proofs.size() == 21);
  for (const Proof& proof : proofs) {
    CAPTURE(proof.index);
    CAPTURE(proof.size);
    CHECK(proof.Holds());
  }
}

TEST_CASE("nothing in a proof can be another") {
  for (const Proof& proof : KnownProofs()) {
    CAPTURE(proof.index);
    CAPTURE(proof.size);
    Proof other = proof;
    for (other.index = -1; other.index <= proof.size; ++other.index)
      CHECK(other.Holds() == (other.index == proof.index));

    other = proof;
    other.leaf[0] ^= 1;
    CHECK_FALSE(other.Holds());

    other = proof;
    other.root[31] ^= 1;
    CHECK_FALSE(other.Holds());

    other = proof;
    other.path.push_back(std::string(32, '\0'));
    CHECK_FALSE(other.Holds());

    for (std::size_t i = 0; i < proof.path.size(); ++i) {
      other = proof;
      other.path[i][7] ^= 0x40;
      CHECK_FALSE(other.Holds());
      other = proof;
      other.path.erase(other.path.begin() + static_cast<std::ptrdiff_t>(i));
      CHECK_FALSE(other.Holds());
      other = proof;
      other.path[i].push_back('\0');
      CHECK_FALSE(other.Holds());
    }
  }
}

TEST_CASE("a tree has leaves") {
  CHECK_FALSE(IsIncluded(LeafHash(""), 0, 0, {}, LeafHash("")));
  CHECK_FALSE(IsIncluded(LeafHash(""), 0, -1, {}, LeafHash("")));
  CHECK_FALSE(IsIncluded(LeafHash(""), INT64_MAX, INT64_MAX, {}, LeafHash("")));
  CHECK(IsIncluded(LeafHash(""), 0, 1, {}, LeafHash("")));
}

}  // namespace powernode::verify::sigstore::inclusion_proof_test
