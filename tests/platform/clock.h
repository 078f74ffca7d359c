// Time as the control plane tells it. Every expiry uses State::Now(), and a test may move it: the
// offset from the machine's clock is part of the state, so that it survives a restart and the clock
// keeps running.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace powernode::platform {

using Seconds = std::int64_t;  // since 1970, or a span

Seconds MachineTime();
std::string FormatTime(Seconds time);      // RFC 3339, "2026-05-20T10:00:00Z"
std::string FormatHttpDate(Seconds time);  // RFC 9110 §5.6.7
// "2026-05-20T10:00:00Z" only; nullopt otherwise.
std::optional<Seconds> ParseTime(std::string_view text);
// "3 s", "5 min", "2 h", "4 d": an age for people.
std::string FormatAge(Seconds span);

}  // namespace powernode::platform
