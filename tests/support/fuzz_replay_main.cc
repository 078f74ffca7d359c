// Stands in for libFuzzer where the compiler has none: gives a fuzz target its seeds, the empty
// input, and a fixed number of mutations of each seed. The mutations depend on nothing but the
// seed, so that a failure repeats.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr int kMutationsPerSeed = 500;

Bytes Read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

Bytes Mutate(Bytes bytes, std::minstd_rand& random) {
  if (bytes.empty()) return bytes;
  const std::size_t at = random() % bytes.size();
  const auto position = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  switch (random() % 5) {
    case 0:
      bytes[at] = static_cast<std::uint8_t>(random());
      break;
    case 1:
      bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1u << (random() % 8)));
      break;
    case 2:
      bytes.resize(at);
      break;
    case 3:
      bytes.erase(position);
      break;
    default:
      bytes.insert(position, static_cast<std::uint8_t>(random()));
      break;
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  LLVMFuzzerTestOneInput(nullptr, 0);
  std::size_t seeds = 0;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) continue;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      const Bytes seed = Read(entry.path());
      LLVMFuzzerTestOneInput(seed.data(), seed.size());
      std::minstd_rand random(static_cast<std::uint32_t>(seed.size()) + 1);
      Bytes bytes = seed;
      for (int n = 0; n < kMutationsPerSeed; ++n) {
        bytes = Mutate(n % 8 == 0 ? seed : bytes, random);
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
      }
      ++seeds;
    }
  }
  std::printf("%zu seeds, %d mutations each: no crash\n", seeds, kMutationsPerSeed);
  return 0;
}
