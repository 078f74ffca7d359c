// A point in time as signatures carry it: seconds since 1970 and a fraction, for any year from 0 to
// 9999. Never read from the machine's clock.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace powernode::verify::x509 {

struct Instant {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;

  static constexpr Instant FromMilliseconds(std::uint64_t since_1970) {
    return {.seconds = static_cast<std::int64_t>(since_1970 / 1000),
            .nanoseconds = static_cast<std::uint32_t>(since_1970 % 1000 * 1'000'000)};
  }

  friend constexpr auto operator<=>(const Instant&, const Instant&) = default;
};

// Both ends belong to it; an absent one is open.
struct Window {
  std::optional<Instant> start;
  std::optional<Instant> end;

  constexpr bool Contains(Instant instant) const {
    return (!start || *start <= instant) && (!end || instant <= *end);
  }
};

// `year` has four digits, `rest` is "MMDDhhmmss". nullopt for what the calendar does not have, leap
// seconds among it.
std::optional<Instant> InstantOfDigits(std::string_view year, std::string_view rest);
// Nanoseconds of "5", "50", ...: one to nine digits.
std::optional<std::uint32_t> NanosecondsOfDigits(std::string_view fraction);

}  // namespace powernode::verify::x509
