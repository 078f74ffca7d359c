#include "verify/x509/instant.h"

#include <charconv>
#include <chrono>

namespace powernode::verify::x509 {
namespace {

// Digits only: no sign, no space.
std::optional<unsigned> Number(std::string_view digits) {
  unsigned value = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Instant> InstantOfDigits(std::string_view year, std::string_view rest) {
  if (year.size() != 4 || rest.size() != 10) return std::nullopt;
  const std::optional<unsigned> y = Number(year);
  const std::optional<unsigned> month = Number(rest.substr(0, 2));
  const std::optional<unsigned> day = Number(rest.substr(2, 2));
  const std::optional<unsigned> hour = Number(rest.substr(4, 2));
  const std::optional<unsigned> minute = Number(rest.substr(6, 2));
  const std::optional<unsigned> second = Number(rest.substr(8, 2));
  if (!y || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*y)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return Instant{.seconds = days * 86'400 + *hour * 3'600 + *minute * 60 + *second};
}

std::optional<std::uint32_t> NanosecondsOfDigits(std::string_view fraction) {
  if (fraction.empty() || fraction.size() > 9) return std::nullopt;
  std::optional<unsigned> value = Number(fraction);
  if (!value) return std::nullopt;
  for (std::size_t digits = fraction.size(); digits < 9; ++digits) *value *= 10;
  return *value;
}

}  // namespace powernode::verify::x509
