// The hash that EROFS filters attribute names with (spec "composefs image", section 9.5).
#pragma once

#include <cstdint>
#include <string_view>

namespace powernode::mount::composefs {

std::uint32_t Xxh32(std::string_view bytes, std::uint32_t seed);

}  // namespace powernode::mount::composefs
