#include "verify/fsverity_many.h"

#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "verify/fsverity_hash.h"

namespace powernode::verify::fsverity_many_test {
namespace {

constexpr std::size_t kBlock = kFsVerityBlockBytes;

// The files one after another, and each one's digest as a stream of its own has it.
struct Files {
  std::vector<std::byte> padded;
  std::vector<std::uint64_t> sizes;
  std::vector<FsVerityDigest> wanted;
};

Files MakeFiles(const std::vector<std::uint64_t>& sizes) {
  Files files{.padded = {}, .sizes = sizes, .wanted = {}};
  std::mt19937_64 random(7);
  for (const std::uint64_t size : sizes) {
    std::vector<std::byte> file(size);
    for (std::byte& byte : file) byte = static_cast<std::byte>(random());
    FsVerityHash hash;
    hash.Update(file);
    files.wanted.push_back(hash.Finish());
    file.resize((size + kBlock - 1) / kBlock * kBlock);
    files.padded.insert(files.padded.end(), file.begin(), file.end());
  }
  return files;
}

}  // namespace

TEST_SUITE_BEGIN("fsverity many");

TEST_CASE("each file has the digest that it has alone") {
  const Files files = MakeFiles({1, 128 * kBlock, 4095, 128 * kBlock + 1, 4096, 257 * kBlock, 4097,
                                 65, 300000, 2 * kBlock, 1});
  CHECK(FsVerityMany().Hash(files.padded, files.sizes) == files.wanted);
}

TEST_CASE("many files of one block") {
  const Files files = MakeFiles(std::vector<std::uint64_t>(100, 1000));
  CHECK(FsVerityMany().Hash(files.padded, files.sizes) == files.wanted);
}

TEST_CASE("no files have no digests") { CHECK(FsVerityMany().Hash({}, {}).empty()); }

TEST_SUITE_END();

}  // namespace powernode::verify::fsverity_many_test
