#include "verify/fsverity_blocks.h"

#include <mbedtls/sha512.h>

#include <algorithm>
#include <array>

namespace powernode::verify {
namespace {

using Sha512Bytes = std::array<std::byte, 64>;

constexpr std::size_t kSha512BlockBytes = 128;
constexpr std::size_t kAtOnce = 64;  // blocks per call of the engine; bounds what is on the stack

// mbedTLS's calls fail only on a hardware accelerator's error; its portable code has none.
Sha512Bytes Sha512Of(std::span<const std::byte> head, std::span<const std::byte> tail) {
  mbedtls_sha512_context context;
  ::mbedtls_sha512_init(&context);
  (void)::mbedtls_sha512_starts(&context, 0);
  for (const std::span<const std::byte> part : {head, tail})
    (void)::mbedtls_sha512_update(&context, reinterpret_cast<const unsigned char*>(part.data()),
                                  part.size());
  Sha512Bytes digest{};
  (void)::mbedtls_sha512_finish(&context, reinterpret_cast<unsigned char*>(digest.data()));
  ::mbedtls_sha512_free(&context);
  return digest;
}

}  // namespace

FsVerityBlocks::FsVerityBlocks(const FsVerityParameters& parameters, const Sha256Engine& engine)
    : parameters_(parameters), unsalted_(engine), salted_(engine) {
  const std::span<const std::byte> salt = parameters_.salt.bytes();
  if (salt.empty()) return;
  padded_salt_.assign(salt.begin(), salt.end());
  switch (parameters_.algorithm) {
    case FsVerityAlgorithm::kSha256:
      padded_salt_.resize(kSha256BlockBytes);
      salted_.Update(padded_salt_);
      break;
    case FsVerityAlgorithm::kSha512:
      padded_salt_.resize(kSha512BlockBytes);
      break;
  }
}

void FsVerityBlocks::Hash(std::span<const std::byte> blocks,
                          std::vector<std::byte>& digests) const {
  const auto append = [&](std::span<const std::byte> bytes) {
    digests.insert(digests.end(), bytes.begin(), bytes.end());
  };
  digests.reserve(digests.size() +
                  blocks.size() / kFsVerityBlockBytes * FsVerityDigestBytes(parameters_.algorithm));
  while (!blocks.empty()) {
    switch (parameters_.algorithm) {
      case FsVerityAlgorithm::kSha256: {
        std::array<Sha256Bytes, kAtOnce> some;
        const std::size_t count = std::min(blocks.size() / kFsVerityBlockBytes, kAtOnce);
        salted_.FinishEach(blocks.first(count * kFsVerityBlockBytes), kFsVerityBlockBytes, some);
        append(std::as_bytes(std::span(some).first(count)));
        blocks = blocks.subspan(count * kFsVerityBlockBytes);
        break;
      }
      case FsVerityAlgorithm::kSha512:
        append(Sha512Of(padded_salt_, blocks.first(kFsVerityBlockBytes)));
        blocks = blocks.subspan(kFsVerityBlockBytes);
        break;
    }
  }
}

FsVerityDigest FsVerityBlocks::HashUnsalted(std::span<const std::byte> bytes) const {
  switch (parameters_.algorithm) {
    case FsVerityAlgorithm::kSha256: {
      Sha256 hash = unsalted_;
      hash.Update(bytes);
      const Sha256Bytes digest = hash.Finish();
      return *FsVerityDigest::FromBytes(FsVerityAlgorithm::kSha256,
                                        std::as_bytes(std::span(digest)));
    }
    case FsVerityAlgorithm::kSha512:
      break;
  }
  return *FsVerityDigest::FromBytes(FsVerityAlgorithm::kSha512, Sha512Of({}, bytes));
}

}  // namespace powernode::verify
