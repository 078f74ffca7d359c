#include "tests/platform/fsverity.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "tests/support/temporary_directory.h"

namespace powernode::platform::fsverity_test {
namespace {

// What `fsverity digest` says about Pattern(size).
struct Row {
  std::size_t size;
  std::string_view digest;
};
constexpr Row kRows[] = {
    {0, "3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26128a1f1af95"},
    {1, "b803429503d95915829b29fdbc8bbad142f3abfd11b1cadf5526582e685c0551"},
    {4095, "f7c044deee0d5af15f6478c08b8a0c03931d9963beb30220eeca8bdd03e1c7e4"},
    {4096, "258b680fa93e3bfc1586d9b439d29a2172bd0db550fe7da1272fd8120d801182"},
    {4097, "0b56d91e56b7acb8a5d9b3c634035e958de06d93cebf44ec208715e5d31e702e"},
    {128 * 4096 - 1, "ecfc6e1db7129c303419876233a6052e6fa92bf35687228c624f35ab126e9a9f"},
    {128 * 4096, "3f0878082c1ff21b3c72099f28aafe4d629ba40d693ad12c03a48921cf50e92d"},
    {128 * 4096 + 1, "0b290ba5244d75295e37ef71e3cf78277b2ccb688c590011bb5c9dc95cad7937"},
};
// And about as many zeros, at the edge from the third level to the fourth.
constexpr Row kZeros[] = {
    {128 * 128 * 4096, "382b8844ad09fb5f7b53e0fc27413cd4e72f47d69604dac5d4865e609ba33c53"},
    {128 * 128 * 4096 + 1, "be5993679f703697692cc6ce69e480edc9721baff591795438ae8097275c0687"},
};

std::string Pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 7 + i / 4096) % 251);
  return bytes;
}

}  // namespace

TEST_SUITE_BEGIN("fsverity");

TEST_CASE("digests at the edges of a block and of a level are those of fsverity") {
  const testing::TemporaryDirectory directory;
  const std::string path = directory / "file";
  for (const Row& row : kRows) {
    CAPTURE(row.size);
    std::ofstream(path, std::ios::binary) << Pattern(row.size);
    CHECK(FsverityHexOfFile(path).value() == row.digest);
  }
  std::ofstream(path, std::ios::trunc).close();
  for (const Row& row : kZeros) {
    CAPTURE(row.size);
    std::filesystem::resize_file(path, row.size);
    CHECK(FsverityHexOfFile(path).value() == row.digest);
  }
}

TEST_CASE("a file that is not there has no digest") {
  CHECK_FALSE(FsverityHexOfFile("/nonexistent").ok());
}

TEST_SUITE_END();

}  // namespace powernode::platform::fsverity_test
