// The Date header (RFC 9110 §5.6.7), in the one form that servers may send.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace powernode {

// "Sun, 06 Nov 1994 08:49:37 GMT" as seconds since 1970; nullopt for anything else. The day of the
// week is not compared.
std::optional<std::int64_t> ParseHttpDate(std::string_view text);

}  // namespace powernode
