#include "agent/base/random.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "agent/base/encoding.h"

namespace powernode {

void RandomBytes(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t count = ::getrandom(out.data(), out.size(), 0);
    if (count < 0) {
      if (errno == EINTR) continue;
      std::abort();  // only EFAULT and EINVAL are left: our own mistake
    }
    out = out.subspan(static_cast<std::size_t>(count));
  }
}

std::string RandomHex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  RandomBytes(std::as_writable_bytes(std::span(raw)));
  return HexEncode(raw);
}

std::string RandomUuid() {
  std::array<unsigned char, 16> raw;
  RandomBytes(std::as_writable_bytes(std::span(raw)));
  raw[6] = static_cast<unsigned char>((raw[6] & 0x0f) | 0x40);  // version 4
  raw[8] = static_cast<unsigned char>((raw[8] & 0x3f) | 0x80);  // RFC 9562 variant
  std::string text = HexEncode({reinterpret_cast<const char*>(raw.data()), raw.size()});
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) text.insert(dash, 1, '-');
  return text;
}

std::uint64_t RandomBelow(std::uint64_t bound) {
  const std::uint64_t limit =
      UINT64_MAX - UINT64_MAX % bound;  // the last partial range would be biased
  for (;;) {
    std::uint64_t value = 0;
    RandomBytes(std::as_writable_bytes(std::span(&value, 1)));
    if (value < limit) return value % bound;
  }
}

}  // namespace powernode
