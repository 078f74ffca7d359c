#include "verify/sha256.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "agent/base/encoding.h"

namespace powernode::verify {
namespace {

constexpr std::size_t kLengthBytes = 8;  // of the length in bits that ends the padding
constexpr std::byte kPaddingStart{0x80};

using Block = std::array<std::byte, kSha256BlockBytes>;

std::uint32_t BigEndian(std::uint32_t word) {
  if constexpr (std::endian::native == std::endian::big) return word;
  return __builtin_bswap32(word);
}

void PutLength(Block& last, std::uint64_t bytes) {
  for (std::size_t i = 0; i < kLengthBytes; ++i)
    last[last.size() - 1 - i] = static_cast<std::byte>((bytes * 8) >> (8 * i));
}

Sha256Bytes DigestOf(const Sha256State& state) {
  Sha256Bytes digest;
  for (std::size_t i = 0; i < 8; ++i) {
    const std::uint32_t word = BigEndian(state.words[i]);
    std::memcpy(digest.data() + 4 * i, &word, sizeof word);
  }
  return digest;
}

}  // namespace

void Sha256::Update(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  const std::size_t held = length_ % kSha256BlockBytes;
  length_ += bytes.size();
  if (held > 0) {
    const std::size_t count = std::min(bytes.size(), kSha256BlockBytes - held);
    std::memcpy(pending_.data() + held, bytes.data(), count);
    bytes = bytes.subspan(count);
    if (held + count < kSha256BlockBytes) return;
    const std::byte* block = pending_.data();
    engine_.stream(&state_, &block, 1);
  }
  const std::size_t whole = bytes.size() / kSha256BlockBytes;
  const std::byte* data = bytes.data();
  if (whole > 0) engine_.stream(&state_, &data, whole);
  bytes = bytes.subspan(whole * kSha256BlockBytes);
  if (!bytes.empty()) std::memcpy(pending_.data(), bytes.data(), bytes.size());
}

Sha256Bytes Sha256::Finish() {
  const std::size_t held = length_ % kSha256BlockBytes;
  std::fill(pending_.begin() + held, pending_.end(), std::byte{0});
  pending_[held] = kPaddingStart;
  const std::byte* block = pending_.data();
  if (held >= kSha256BlockBytes - kLengthBytes) {
    engine_.stream(&state_, &block, 1);
    pending_.fill(std::byte{0});
  }
  PutLength(pending_, length_);
  engine_.stream(&state_, &block, 1);
  return DigestOf(state_);
}

std::string Sha256::FinishHex() {
  const Sha256Bytes digest = Finish();
  return HexEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

void Sha256::FinishEach(std::span<const std::byte> blocks, std::size_t block_bytes,
                        std::span<Sha256Bytes> digests) const {
  Block padding{kPaddingStart};
  PutLength(padding, length_ + block_bytes);

  const std::size_t count = blocks.size() / block_bytes;
  for (std::size_t done = 0; done < count;) {
    const std::size_t left = count - done;
    const bool wide = left >= engine_.fewest;
    const std::size_t lanes = wide ? engine_.lanes : 1;
    Sha256Compress* const compress = wide ? engine_.many : engine_.stream;

    // Lanes past the last block repeat it, and their digests are dropped.
    std::array<Sha256State, kSha256MaxLanes> states;
    std::array<const std::byte*, kSha256MaxLanes> data;
    std::array<const std::byte*, kSha256MaxLanes> paddings;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      states[lane] = state_;
      data[lane] = blocks.data() + (done + std::min(lane, left - 1)) * block_bytes;
      paddings[lane] = padding.data();
    }
    compress(states.data(), data.data(), block_bytes / kSha256BlockBytes);
    compress(states.data(), paddings.data(), 1);
    const std::size_t kept = std::min(lanes, left);
    for (std::size_t lane = 0; lane < kept; ++lane) digests[done + lane] = DigestOf(states[lane]);
    done += kept;
  }
}

}  // namespace powernode::verify
