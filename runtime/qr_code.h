// A QR code (ISO/IEC 18004) of a short text: byte mode, error correction level L, versions 1 to 6,
// the mask with the fewest penalty points. Enough for a URL on a console, and nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace powernode::runtime {

class QrCode {
 public:
  // nullopt: longer than the 134 bytes that version 6 holds.
  static std::optional<QrCode> Of(std::string_view text);

  int size() const { return size_; }  // modules a side, 21 to 41
  // False outside, which is the quiet zone.
  bool dark(int row, int column) const {
    return row >= 0 && column >= 0 && row < size_ && column < size_ && modules_[Index(row, column)];
  }

  // For a light-on-dark console with UTF-8: two rows of modules a line, light ones drawn, with the
  // quiet zone around. Lines end with "\n".
  std::string HalfBlocks() const;

 private:
  explicit QrCode(int version)
      : size_(17 + 4 * version), modules_(Area(), false), reserved_(Area(), false) {}

  std::size_t Area() const {
    return static_cast<std::size_t>(size_) * static_cast<std::size_t>(size_);
  }
  std::size_t Index(int row, int column) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(size_) +
           static_cast<std::size_t>(column);
  }
  void Reserve(int row, int column, bool is_dark);
  void DrawFinder(int row, int column);
  void DrawPatterns();
  void DrawFormat(unsigned mask);
  void DrawData(std::string_view codewords);
  void ApplyMask(unsigned mask);
  int LinePenalty(bool rows) const;
  int Penalty() const;

  int size_;
  std::vector<bool> modules_;
  std::vector<bool> reserved_;  // not data
};

}  // namespace powernode::runtime
