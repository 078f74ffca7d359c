#include "verify/sha256.h"

#include <doctest/doctest.h>
#include <mbedtls/sha256.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "agent/base/syscalls.h"

namespace powernode::verify::sha256_test {
namespace {

Sha256Bytes Reference(std::span<const std::byte> bytes) {
  Sha256Bytes digest{};
  REQUIRE(mbedtls_sha256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                         digest.data(), 0) == 0);
  return digest;
}

Sha256Bytes Reference(std::span<const std::byte> head, std::span<const std::byte> tail) {
  std::vector<std::byte> joined(head.begin(), head.end());
  joined.insert(joined.end(), tail.begin(), tail.end());
  return Reference(joined);
}

std::vector<std::byte> RandomBytes(std::size_t size, std::mt19937_64& random) {
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

// A heap allocation that ends with the bytes, so that ASan sees a read of one byte more; they begin
// `shift` bytes after an aligned address.
class ExactBytes {
 public:
  ExactBytes(std::span<const std::byte> bytes, std::size_t shift)
      : store_(new std::byte[shift + bytes.size()]), bytes_(store_.get() + shift, bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::unique_ptr<std::byte[]> store_;
  std::span<std::byte> bytes_;
};

// Every engine this processor can run, and "portable" at least.
std::vector<Sha256Engine> Engines() {
  std::vector<Sha256Engine> engines;
  for (const char* word : {"portable", "shani", "avx2", "avx512", "armv8"}) {
    const Result<Sha256Engine> engine = ChooseSha256Engine(DetectCpu(), word);
    if (engine) engines.push_back(*engine);
  }
  REQUIRE_FALSE(engines.empty());
  return engines;
}

}  // namespace

TEST_SUITE_BEGIN("sha256 engine");

TEST_CASE("says which engines this processor can test") {
  std::string names;
  for (const Sha256Engine& engine : Engines()) names += " " + std::string(engine.name);
  MESSAGE("tested here:" << names);
}

TEST_CASE("every engine follows the vectors of FIPS 180-4") {
  for (const Sha256Engine& engine : Engines()) {
    CAPTURE(engine.name);
    Sha256 hash(engine);
    hash.Update(AsBytes("abc"));
    CHECK(hash.FinishHex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    Sha256 million(engine);
    for (int i = 0; i < 1000; ++i) million.Update(AsBytes(std::string(1000, 'a')));
    CHECK(million.FinishHex() ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    CHECK(Sha256(engine).FinishHex() ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  }
}

TEST_CASE("every engine's stream equals mbedTLS on every length to 1,024, at any alignment") {
  std::mt19937_64 random(1);
  for (const Sha256Engine& engine : Engines()) {
    CAPTURE(engine.name);
    for (std::size_t length = 0; length <= 1024; ++length) {
      const std::vector<std::byte> message = RandomBytes(length, random);
      const ExactBytes exact(message, length % 67);
      Sha256 hash(engine);
      hash.Update(exact.bytes());
      REQUIRE_MESSAGE(hash.Finish() == Reference(message), length);
    }
  }
}

TEST_CASE("every engine's stream equals mbedTLS on random lengths in random pieces") {
  std::mt19937_64 random(2);
  for (const Sha256Engine& engine : Engines()) {
    CAPTURE(engine.name);
    for (int round = 0; round < 200; ++round) {
      const std::vector<std::byte> message = RandomBytes(random() % 20'000, random);
      Sha256 hash(engine);
      for (std::span<const std::byte> rest(message); !rest.empty();) {
        const std::size_t piece = std::min<std::size_t>(rest.size(), random() % 300);
        hash.Update(ExactBytes(rest.first(piece), random() % 64).bytes());
        rest = rest.subspan(piece);
      }
      REQUIRE_MESSAGE(hash.Finish() == Reference(message), message.size());
    }
  }
}

// FinishEach takes whole blocks; the kernels below it are held to every length here, with padding
// made by the test and another message in each lane.
TEST_CASE("every kernel equals mbedTLS in every lane, on every length to 1,024") {
  std::mt19937_64 random(3);
  constexpr Sha256State kStart{{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
  for (const Sha256Engine& engine : Engines()) {
    CAPTURE(engine.name);
    for (std::size_t length = 0; length <= 1024; ++length) {
      std::vector<Sha256Bytes> wanted;
      std::vector<std::unique_ptr<ExactBytes>> padded;
      std::vector<const std::byte*> data;
      std::vector<Sha256State> states(engine.lanes, kStart);
      for (std::size_t lane = 0; lane < engine.lanes; ++lane) {
        std::vector<std::byte> message = RandomBytes(length, random);
        wanted.push_back(Reference(message));
        message.push_back(std::byte{0x80});
        while (message.size() % 64 != 56) message.push_back(std::byte{0});
        for (int shift = 56; shift >= 0; shift -= 8)
          message.push_back(static_cast<std::byte>((length * 8) >> shift));
        padded.push_back(std::make_unique<ExactBytes>(message, (length + lane) % 61));
        data.push_back(padded.back()->bytes().data());
      }
      engine.many(states.data(), data.data(), padded[0]->bytes().size() / 64);
      for (std::size_t lane = 0; lane < engine.lanes; ++lane) {
        CAPTURE(lane);
        for (std::size_t i = 0; i < 32; ++i)
          REQUIRE_MESSAGE(
              wanted[lane][i] == ((states[lane].words[i / 4] >> (24 - i % 4 * 8)) & 0xff), length);
      }
    }
  }
}

TEST_CASE("equal blocks hashed together equal mbedTLS, whatever their number and prefix") {
  std::mt19937_64 random(4);
  for (const Sha256Engine& engine : Engines()) {
    CAPTURE(engine.name);
    for (const std::size_t prefix_bytes : {0U, 64U, 192U})
      for (const std::size_t block_bytes : {64U, 4096U})
        for (std::size_t count = 0; count <= 35; ++count) {
          const std::vector<std::byte> prefix = RandomBytes(prefix_bytes, random);
          const ExactBytes blocks(RandomBytes(count * block_bytes, random), count);
          Sha256 stream(engine);
          stream.Update(prefix);
          std::vector<Sha256Bytes> digests(count);
          stream.FinishEach(blocks.bytes(), block_bytes, digests);
          for (std::size_t i = 0; i < count; ++i)
            REQUIRE(digests[i] ==
                    Reference(prefix, blocks.bytes().subspan(i * block_bytes, block_bytes)));
        }
  }
}

TEST_CASE("a copy goes on by itself") {
  Sha256 first;
  first.Update(AsBytes("ab"));
  Sha256 second(first);
  second.Update(AsBytes("c"));
  first.Update(AsBytes("d"));
  CHECK(second.Finish() == Sha256Of("abc"));
  CHECK(first.Finish() == Sha256Of("abd"));
  second = Sha256();
  CHECK(second.Finish() == Sha256Of(""));
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("sha256 engine choice");

TEST_CASE("the widest kernel wins, then SHA instructions") {
  CHECK(ChooseSha256Engine({})->name == "portable");
#if defined(__x86_64__)
  CHECK(ChooseSha256Engine({.sha_ni = true, .avx2 = true, .avx512 = true})->name == "avx512");
  CHECK(ChooseSha256Engine({.sha_ni = true, .avx2 = true})->name == "shani");
  CHECK(ChooseSha256Engine({.avx2 = true})->name == "avx2");
  CHECK(ChooseSha256Engine({.sha_ni = true, .avx512 = true})->stream == CompressShaNi);
  CHECK(ChooseSha256Engine({.avx512 = true})->stream == CompressPortable);
#elif defined(__aarch64__)
  CHECK(ChooseSha256Engine({.armv8_sha2 = true})->name == "armv8");
#endif
}

TEST_CASE("a forced word is obeyed, or it is an error that says which") {
  const CpuFeatures all{.sha_ni = true, .avx2 = true, .avx512 = true, .armv8_sha2 = true};
  CHECK(ChooseSha256Engine(all, "portable")->stream == CompressPortable);
#if defined(__x86_64__)
  for (const char* word : {"shani", "avx2", "avx512"})
    CHECK(ChooseSha256Engine(all, word)->name == word);
  CHECK(ChooseSha256Engine(all, "armv8").error().code() == "cpu_lacks");
#endif
  for (const char* word : {"avx2", "armv8"}) {
    const Result<Sha256Engine> lacking = ChooseSha256Engine({}, word);
    REQUIRE_FALSE(lacking.ok());
    CHECK(lacking.error().kind() == ErrorKind::kUnsupported);
  }
  for (const char* word : {"AVX2", "sse", "avx2 "}) {
    const Result<Sha256Engine> unknown = ChooseSha256Engine(all, word);
    REQUIRE_FALSE(unknown.ok());
    CHECK(unknown.error().kind() == ErrorKind::kInvalid);
  }
}

TEST_SUITE_END();

}  // namespace powernode::verify::sha256_test
