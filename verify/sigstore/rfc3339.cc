#include "verify/sigstore/rfc3339.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace powernode::verify::sigstore {
namespace {

constexpr std::string_view kShape = "0000-00-00T00:00:00";
constexpr int kSecondsADay = 86400;

}  // namespace

std::optional<x509::Instant> ParseRfc3339(std::string_view text) {
  if (text.size() <= kShape.size() || !text.ends_with('Z')) return std::nullopt;
  std::string digits;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == '0')
      digits.push_back(text[i]);
    else if (text[i] != kShape[i])
      return std::nullopt;
  }
  std::optional<x509::Instant> instant =
      x509::InstantOfDigits(digits.substr(0, 4), std::string_view(digits).substr(4));
  std::string_view fraction = text.substr(kShape.size());
  fraction.remove_suffix(1);
  if (!instant || fraction.empty()) return instant;
  if (fraction[0] != '.') return std::nullopt;
  const std::optional<std::uint32_t> nanoseconds = x509::NanosecondsOfDigits(fraction.substr(1));
  if (!nanoseconds) return std::nullopt;
  instant->nanoseconds = *nanoseconds;
  return instant;
}

std::string PrintRfc3339(x509::Instant instant) {
  const auto since_epoch = std::chrono::seconds(instant.seconds);
  const auto day = std::chrono::floor<std::chrono::days>(since_epoch);
  const std::chrono::year_month_day date{std::chrono::sys_days(day)};
  const auto second = static_cast<int>((since_epoch - day).count() % kSecondsADay);
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), second / 3600, second / 60 % 60, second % 60);
  std::string text = buffer.data();
  if (instant.nanoseconds != 0) {
    std::snprintf(buffer.data(), buffer.size(), ".%09u", instant.nanoseconds);
    text += buffer.data();
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + "Z";
}

}  // namespace powernode::verify::sigstore
