// A short text that becomes a long one for whoever decompresses it, about a thousand times as long.
#pragma once

#include <cstdint>
#include <string>

namespace powernode::platform {

// gzip (RFC 1952) of `size` zero bytes.
std::string GzipBomb(std::uint64_t size);

}  // namespace powernode::platform
