#include "verify/fsverity_hash.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "agent/base/syscalls.h"
#include "tests/verify/fsverity_reference.h"

namespace powernode::verify::fsverity_hash_test {
namespace {

constexpr std::size_t kBlock = 4096;
constexpr std::size_t kPerBlock = 128;  // SHA-256 digests in a block

std::string RandomText(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string text(size, '\0');
  for (std::size_t at = 0; at < size; at += 8) {
    const std::uint64_t word = random();
    text.replace(at, std::min<std::size_t>(8, size - at), reinterpret_cast<const char*>(&word),
                 std::min<std::size_t>(8, size - at));
  }
  return text;
}

FsVerityParameters Salted(FsVerityAlgorithm algorithm, std::string_view salt) {
  return {.algorithm = algorithm, .salt = FsVeritySalt::Of(AsBytes(salt)).value()};
}

std::string Digest(std::string_view text, const FsVerityParameters& parameters = {}) {
  FsVerityHash hash(parameters);
  hash.Update(AsBytes(text));
  return hash.Finish().ToString();
}

}  // namespace

TEST_SUITE_BEGIN("fsverity hash");

// Made once with `fsverity digest` 1.5 of the Debian package, over zeros.
TEST_CASE("equals what fsverity(1) prints") {
  struct Row {
    std::size_t size;
    const char* sha256;
  };
  for (const Row& row : {
           Row{0, "sha256:3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26128a1f1af95"},
           Row{1, "sha256:b803429503d95915829b29fdbc8bbad142f3abfd11b1cadf5526582e685c0551"},
           Row{4095, "sha256:5372beb83c78537c8970c8361e3254119fafdf1763854ecd57d3f0fe2da7c719"},
           Row{4096, "sha256:babc284ee4ffe7f449377fbf6692715b43aec7bc39c094a95878904d34bac97e"},
           Row{4097, "sha256:093756e4ea9683329106d4a16982682ed182c14bf076463a9e7f97305cbac743"},
           Row{524287, "sha256:5b687cddd72baf4a3bac1bc525c4a8121ba81544c71fc48460f0a96d7ba8bef6"},
           Row{524288, "sha256:2d15bd7832895de85aa3d5bdfb57251e27bbec75ff467408340ab3eba858a2e1"},
           Row{524289, "sha256:e4143a5705610b7ad2eb85482cfc033c7062a89b9faf9118603f592d53fd10e0"},
           Row{67108863, "sha256:557a01c377c1c49801ba57426c654b0349ae6713aae2d8b1033f6609ffd55d79"},
           Row{67108864, "sha256:382b8844ad09fb5f7b53e0fc27413cd4e72f47d69604dac5d4865e609ba33c53"},
           Row{67108865, "sha256:be5993679f703697692cc6ce69e480edc9721baff591795438ae8097275c0687"},
       })
    CHECK_MESSAGE(Digest(std::string(row.size, '\0')) == row.sha256, row.size);
  CHECK(Digest(std::string(5000, '\0'), Salted(FsVerityAlgorithm::kSha256, "\x01\x02\x03")) ==
        "sha256:3bd6ff1c139cdb03cc2d42826d3753d15acd875dfa071698a22e4e3addb0ec1e");
  CHECK(Digest(std::string(5000, '\0'), Salted(FsVerityAlgorithm::kSha512, "\x01\x02\x03")) ==
        "sha512:fb612be9651150b6b6b541244ee2f0c49e37cade6b737b7db71f290bad9b25fd"
        "8d8e67ebe97973f3200356a5210e0c2bfa8bec13b969261f1656c9ae9aa36fb3");
}

TEST_CASE("equals the reference where a level of the tree begins, fills and overflows") {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kBlock - 1, kBlock, kBlock + 1, 2 * kBlock, 16 * kBlock - 1,
        16 * kBlock, 16 * kBlock + 1, kPerBlock * kBlock - 1, kPerBlock * kBlock,
        kPerBlock * kBlock + 1, 16 * kPerBlock * kBlock, 16 * kPerBlock * kBlock + 1,
        kPerBlock * kPerBlock * kBlock - 1, kPerBlock * kPerBlock * kBlock,
        kPerBlock * kPerBlock * kBlock + 1}) {
    const std::string text = RandomText(size, size);
    REQUIRE_MESSAGE(Digest(text) == testing::ReferenceFsVerity(text), size);
  }
}

TEST_CASE("equals the reference on thousands of random sizes, in random pieces, with any salt") {
  std::mt19937_64 random(7);
  const std::string text = RandomText(3'000'000, 7);
  for (int round = 0; round < 3000; ++round) {
    // Sizes of every magnitude, the small ones often.
    const std::size_t size = random() % (std::size_t{1} << (4 + random() % 18));
    const std::string salt = RandomText(round % 3 == 0 ? random() % 33 : 0, round);
    const std::size_t start = random() % 100;
    FsVerityHash hash(Salted(FsVerityAlgorithm::kSha256, salt));
    for (std::string_view rest = std::string_view(text).substr(start, size); !rest.empty();) {
      const std::size_t piece = 1 + random() % (std::size_t{1} << (random() % 20));
      hash.Update(AsBytes(rest.substr(0, piece)));
      rest.remove_prefix(std::min(piece, rest.size()));
    }
    REQUIRE_MESSAGE(
        hash.Finish().ToString() ==
            testing::ReferenceFsVerity(std::string_view(text).substr(start, size), "sha256", salt),
        "size " << size << ", salt of " << salt.size());
  }
}

TEST_CASE("every engine gives the same digest") {
  const std::string text = RandomText(1'234'567, 8);
  const std::string wanted = testing::ReferenceFsVerity(text, "sha256", "salt");
  for (const char* word : {"portable", "shani", "avx2", "avx512", "armv8"}) {
    const Result<Sha256Engine> engine = ChooseSha256Engine(DetectCpu(), word);
    if (!engine) continue;
    CAPTURE(engine->name);
    FsVerityHash hash(Salted(FsVerityAlgorithm::kSha256, "salt"), *engine);
    hash.Update(AsBytes(text));
    CHECK(hash.Finish().ToString() == wanted);
  }
}

TEST_CASE("computes others' SHA-512 digests") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kBlock, kBlock + 1, 64 * kBlock,
                                 64 * kBlock + 1, std::size_t{1'000'000}})
    for (const char* salt : {"", "pepper", "thirty-two bytes of salt, exact."}) {
      const std::string text = RandomText(size, size);
      CHECK(Digest(text, Salted(FsVerityAlgorithm::kSha512, salt)) ==
            testing::ReferenceFsVerity(text, "sha512", salt));
    }
}

TEST_CASE("blocks hashed elsewhere join the same tree") {
  for (const std::size_t size : {std::size_t{1}, kBlock, kBlock + 1, std::size_t{3'000'001}}) {
    std::string text = RandomText(size, size);
    const std::string wanted = testing::ReferenceFsVerity(text, "sha256", "s");
    const FsVerityParameters parameters = Salted(FsVerityAlgorithm::kSha256, "s");
    const FsVerityBlocks blocks(parameters);
    FsVerityHash hash(parameters);
    for (std::size_t at = 0; at < size; at += 40 * kBlock) {
      std::string piece = text.substr(at, 40 * kBlock);
      const std::size_t bytes = piece.size();
      piece.resize((bytes + kBlock - 1) / kBlock * kBlock);
      std::vector<std::byte> digests;
      blocks.Hash(AsBytes(piece), digests);
      hash.UpdateHashed(digests, bytes);
    }
    CHECK(hash.Finish().ToString() == wanted);
  }
}

TEST_CASE("a salt longer than the descriptor holds is refused") {
  CHECK(FsVeritySalt::Of(AsBytes(std::string(32, 's'))).ok());
  const Result<FsVeritySalt> salt = FsVeritySalt::Of(AsBytes(std::string(33, 's')));
  REQUIRE_FALSE(salt.ok());
  CHECK(salt.error().code() == "bad_salt");
}

TEST_SUITE_END();

}  // namespace powernode::verify::fsverity_hash_test
