// SHA-256 (FIPS 180-4), streaming and whole.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace powernode {

using Sha256Bytes = std::array<unsigned char, 32>;

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void Update(std::span<const std::byte> bytes);
  // Ends the stream; the object may only be destroyed or assigned to afterwards.
  Sha256Bytes Finish();
  std::string FinishHex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha256Bytes Sha256Of(std::string_view bytes);
std::string Sha256Hex(std::string_view bytes);

}  // namespace powernode
