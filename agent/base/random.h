// Randomness from the kernel (getrandom(2)), which blocks until the pool is ready and then never
// fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace powernode {

void RandomBytes(std::span<std::byte> out);
std::string RandomHex(std::size_t bytes);        // 2 * bytes characters
std::string RandomUuid();                        // version 4, lower case
std::uint64_t RandomBelow(std::uint64_t bound);  // [0, bound); bound > 0

}  // namespace powernode
