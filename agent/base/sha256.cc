#include "agent/base/sha256.h"

#include <mbedtls/sha256.h>

#include "agent/base/encoding.h"

namespace powernode {

struct Sha256::State {
  mbedtls_sha256_context context;
};

// The mbedTLS calls below fail only on a hardware accelerator's error; its portable code has none.
Sha256::Sha256() : state_(std::make_unique<State>()) {
  mbedtls_sha256_init(&state_->context);
  mbedtls_sha256_starts(&state_->context, 0);
}

Sha256::~Sha256() {
  if (state_) mbedtls_sha256_free(&state_->context);
}

Sha256::Sha256(Sha256&&) noexcept = default;

Sha256& Sha256::operator=(Sha256&& other) noexcept {
  if (state_ && this != &other) mbedtls_sha256_free(&state_->context);
  state_ = std::move(other.state_);
  return *this;
}

void Sha256::Update(std::span<const std::byte> bytes) {
  mbedtls_sha256_update(&state_->context, reinterpret_cast<const unsigned char*>(bytes.data()),
                        bytes.size());
}

Sha256Bytes Sha256::Finish() {
  Sha256Bytes digest{};
  mbedtls_sha256_finish(&state_->context, digest.data());
  return digest;
}

std::string Sha256::FinishHex() {
  const Sha256Bytes digest = Finish();
  return HexEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

Sha256Bytes Sha256Of(std::string_view bytes) {
  Sha256 hash;
  hash.Update(std::as_bytes(std::span(bytes.data(), bytes.size())));
  return hash.Finish();
}

std::string Sha256Hex(std::string_view bytes) {
  Sha256 hash;
  hash.Update(std::as_bytes(std::span(bytes.data(), bytes.size())));
  return hash.FinishHex();
}

}  // namespace powernode
