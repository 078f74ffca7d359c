#include "runtime/qr_code.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

namespace powernode::runtime {
namespace {

constexpr int kQuietZone =
    2;  // the standard has 4; every reader takes 2, and a console has 25 lines
constexpr unsigned kByteMode = 4;
constexpr unsigned kMasks = 8;

// Codewords of level L (table 9 of the standard). Version 6 has two blocks of equal size.
struct Capacity {
  int data;
  int correction;
  int blocks;
};
constexpr std::array<Capacity, 6> kCapacities = {
    {{19, 7, 1}, {34, 10, 1}, {55, 15, 1}, {80, 20, 1}, {108, 26, 1}, {68, 18, 2}}};

// Multiplication in GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1.
std::uint8_t Multiply(std::uint8_t a, std::uint8_t b) {
  unsigned product = 0;
  for (int bit = 7; bit >= 0; --bit) {
    product = (product << 1) ^ ((product >> 7) * 0x11dU);
    product ^= ((b >> bit) & 1U) * a;
  }
  return static_cast<std::uint8_t>(product);
}

// The remainder of `data` by the generator with the roots 2^0 .. 2^(count-1).
std::string Correction(std::string_view data, int count) {
  const auto degree = static_cast<std::size_t>(count);
  std::vector<std::uint8_t> generator(degree, 0);
  generator.back() = 1;
  std::uint8_t root = 1;
  for (std::size_t i = 0; i < degree; ++i) {
    for (std::size_t k = 0; k < degree; ++k) {
      generator[k] = Multiply(generator[k], root);
      if (k + 1 < degree) generator[k] ^= generator[k + 1];
    }
    root = Multiply(root, 2);
  }
  std::string remainder(degree, '\0');
  for (const char byte : data) {
    const auto factor = static_cast<std::uint8_t>(byte ^ remainder.front());
    remainder.erase(0, 1);
    remainder.push_back('\0');
    for (std::size_t k = 0; k < degree; ++k)
      remainder[k] = static_cast<char>(remainder[k] ^ Multiply(generator[k], factor));
  }
  return remainder;
}

// Mode, length and text, filled up to what the version holds.
std::string DataCodewords(std::string_view text, std::size_t size) {
  std::string out(1, static_cast<char>(kByteMode << 4));
  auto add_byte = [&out](unsigned byte) {  // everything after the mode is half a byte off
    out.back() = static_cast<char>(static_cast<unsigned char>(out.back()) | (byte >> 4));
    out.push_back(static_cast<char>(byte << 4));
  };
  add_byte(static_cast<unsigned>(text.size()));
  for (const char c : text) add_byte(static_cast<unsigned char>(c));
  for (bool first = true; out.size() < size; first = !first) out.push_back(first ? '\xec' : '\x11');
  return out;
}

std::string Interleaved(std::string_view data, const Capacity& capacity) {
  const auto length = static_cast<std::size_t>(capacity.data);
  std::vector<std::string> parts;
  std::vector<std::string> corrections;
  for (; !data.empty(); data.remove_prefix(length)) {
    parts.emplace_back(data.substr(0, length));
    corrections.push_back(Correction(parts.back(), capacity.correction));
  }
  std::string out;
  for (const std::vector<std::string>* list : {&parts, &corrections})
    for (std::size_t i = 0; i < list->front().size(); ++i)
      for (const std::string& block : *list) out.push_back(block[i]);
  return out;
}

bool Masked(unsigned mask, int row, int column) {
  const int product = row * column;
  switch (mask) {
    case 0:
      return (row + column) % 2 == 0;
    case 1:
      return row % 2 == 0;
    case 2:
      return column % 3 == 0;
    case 3:
      return (row + column) % 3 == 0;
    case 4:
      return (row / 2 + column / 3) % 2 == 0;
    case 5:
      return product % 2 + product % 3 == 0;
    case 6:
      return (product % 2 + product % 3) % 2 == 0;
    default:
      return ((row + column) % 2 + product % 3) % 2 == 0;
  }
}

}  // namespace

std::optional<QrCode> QrCode::Of(std::string_view text) {
  constexpr int kOverhead = 2;  // mode, length and their half bytes
  const auto fits = std::find_if(kCapacities.begin(), kCapacities.end(), [&](const Capacity& c) {
    return static_cast<int>(text.size()) + kOverhead <= c.data * c.blocks;
  });
  if (fits == kCapacities.end()) return std::nullopt;
  QrCode plain(static_cast<int>(fits - kCapacities.begin()) + 1);
  plain.DrawPatterns();
  plain.DrawData(
      Interleaved(DataCodewords(text, static_cast<std::size_t>(fits->data * fits->blocks)), *fits));
  std::optional<QrCode> best;
  int least = 0;
  for (unsigned mask = 0; mask < kMasks; ++mask) {
    QrCode candidate = plain;
    candidate.ApplyMask(mask);
    candidate.DrawFormat(mask);
    const int penalty = candidate.Penalty();
    if (best && penalty >= least) continue;
    least = penalty;
    best = std::move(candidate);
  }
  return best;
}

std::string QrCode::HalfBlocks() const {
  std::string out;
  for (int row = -kQuietZone; row < size_ + kQuietZone; row += 2) {
    for (int column = -kQuietZone; column < size_ + kQuietZone; ++column) {
      const bool upper = !dark(row, column);
      const bool lower = !dark(row + 1, column) && row + 1 < size_ + kQuietZone;
      out += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    out += "\n";
  }
  return out;
}

void QrCode::Reserve(int row, int column, bool is_dark) {
  if (row < 0 || column < 0 || row >= size_ || column >= size_) return;
  modules_[Index(row, column)] = is_dark;
  reserved_[Index(row, column)] = true;
}

// Three rings around a centre, the outermost a light separator.
void QrCode::DrawFinder(int row, int column) {
  for (int dy = -4; dy <= 4; ++dy)
    for (int dx = -4; dx <= 4; ++dx) {
      const int ring = std::max(std::abs(dy), std::abs(dx));
      Reserve(row + dy, column + dx, ring != 2 && ring != 4);
    }
}

void QrCode::DrawPatterns() {
  for (int i = 0; i < size_; ++i) {
    Reserve(6, i, i % 2 == 0);
    Reserve(i, 6, i % 2 == 0);
  }
  DrawFinder(3, 3);
  DrawFinder(3, size_ - 4);
  DrawFinder(size_ - 4, 3);
  const int centre = size_ - 7;
  for (int dy = -2; size_ > 21 && dy <= 2; ++dy)
    for (int dx = -2; dx <= 2; ++dx)
      Reserve(centre + dy, centre + dx, std::max(std::abs(dy), std::abs(dx)) != 1);
  DrawFormat(0);  // its place
}

// Level and mask with their BCH code, twice.
void QrCode::DrawFormat(unsigned mask) {
  const unsigned data = (1U << 3) | mask;  // 01: level L
  unsigned remainder = data;
  for (int i = 0; i < 10; ++i) remainder = (remainder << 1) ^ ((remainder >> 9) * 0x537U);
  const unsigned bits = ((data << 10) | remainder) ^ 0x5412U;
  for (int i = 0; i < 15; ++i) {
    const bool bit = ((bits >> i) & 1U) != 0;
    if (i < 8) {
      Reserve(i < 6 ? i : i + 1, 8, bit);
      Reserve(8, size_ - 1 - i, bit);
    } else {
      Reserve(8, i == 8 ? 7 : 14 - i, bit);
      Reserve(size_ - 15 + i, 8, bit);
    }
  }
  Reserve(size_ - 8, 8, true);
}

// Two columns at a time from the right, up and down in turn, around what is reserved.
void QrCode::DrawData(std::string_view codewords) {
  std::size_t bit = 0;
  bool upward = true;
  for (int right = size_ - 1; right > 0; right -= 2, upward = !upward) {
    if (right == 6) right = 5;
    for (int step = 0; step < size_; ++step)
      for (int column = right; column > right - 2; --column) {
        const int row = upward ? size_ - 1 - step : step;
        if (reserved_[Index(row, column)] || bit >= codewords.size() * 8) continue;
        const auto byte = static_cast<unsigned char>(codewords[bit / 8]);
        modules_[Index(row, column)] = ((byte >> (7 - bit % 8)) & 1U) != 0;
        ++bit;
      }
  }
}

void QrCode::ApplyMask(unsigned mask) {
  for (int row = 0; row < size_; ++row)
    for (int column = 0; column < size_; ++column)
      if (const std::size_t i = Index(row, column); !reserved_[i] && Masked(mask, row, column))
        modules_[i] = !modules_[i];
}

// Runs of five and more, and what looks like a finder: 1:1:3:1:1 with four light ones on one side.
int QrCode::LinePenalty(bool rows) const {
  constexpr unsigned kFinder = 0x5d;  // 1011101
  int penalty = 0;
  for (int line = 0; line < size_; ++line) {
    unsigned window = 0;  // the last fifteen modules; outside is light
    int run = 0;
    for (int i = 0; i < size_ + 4; ++i) {
      const bool is_dark = rows ? dark(line, i) : dark(i, line);
      run = i > 0 && is_dark == ((window & 1U) != 0) ? run + 1 : 1;
      if (i < size_ && run >= 5) penalty += run == 5 ? 3 : 1;
      window = ((window << 1) | (is_dark ? 1U : 0U)) & 0x7fffU;
      const bool light_beside = (window >> 11) == 0 || (window & 0xfU) == 0;
      if (((window >> 4) & 0x7fU) == kFinder && light_beside) penalty += 40;
    }
  }
  return penalty;
}

int QrCode::Penalty() const {
  int penalty = LinePenalty(true) + LinePenalty(false);
  int dark_count = 0;
  for (int row = 0; row < size_; ++row)
    for (int column = 0; column < size_; ++column) {
      const bool is_dark = dark(row, column);
      dark_count += is_dark ? 1 : 0;
      if (row + 1 < size_ && column + 1 < size_ && is_dark == dark(row, column + 1) &&
          is_dark == dark(row + 1, column) && is_dark == dark(row + 1, column + 1))
        penalty += 3;
    }
  const int all = size_ * size_;
  const int percent = (200 * dark_count + all) / all / 2;
  return penalty + std::abs(percent - 50) / 5 * 10;
}

}  // namespace powernode::runtime
