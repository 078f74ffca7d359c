#include "runtime/qr_code.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

namespace powernode::runtime::qr_code_test {
namespace {

// '#' for each dark module, as the vectors have it.
std::string Picture(const QrCode& code) {
  std::string out;
  for (int row = 0; row < code.size(); ++row) {
    for (int column = 0; column < code.size(); ++column) out += code.dark(row, column) ? '#' : '.';
    out += "\n";
  }
  return out;
}

// Made by qrencode 4.1.1: `qrencode -8 -l L -m 0 -t ASCII TEXT`.
constexpr const char* kVersion1Text = "7KQ2MXRA";
constexpr const char* kVersion1 = R"(#######..####.#######
#.....#..#.#..#.....#
#.###.#..#....#.###.#
#.###.#.####..#.###.#
#.###.#.#.###.#.###.#
#.....#...#.#.#.....#
#######.#.#.#.#######
.........####........
##...###.#..#...##...
#..##...###.#.#.#...#
##..###.#.##.#...#.#.
.####..##.#.....#####
#..#.##.###..####.#.#
........#..#####..###
#######.#.#.#.#..##..
#.....#.##.###..#.#.#
#.###.#..#..#..###..#
#.###.#..##.#..#..#..
#.###.#..#....#.##.##
#.....#.#......#.##..
#######.#..#.#..#.##.
)";

constexpr const char* kVersion2Text = "https://p.test/claim/ABCDEFGH";
constexpr const char* kVersion2 = R"(#######.#.#####...#######
#.....#.###.......#.....#
#.###.#...####.#..#.###.#
#.###.#...##.###..#.###.#
#.###.#.####..#...#.###.#
#.....#.#...#...#.#.....#
#######.#.#.#.#.#.#######
........#.###.##.........
###..##.#####..######..##
...###...##.##.##.#..#.##
###...##...###.#...####.#
#.###....#.##.###.#..#...
##....#.##.##.#.#.#.....#
.#.##.......##.#.###...##
#####.#....#...##.#..##.#
...#.#.###..#.#.#..###...
##.#..###..###.######..#.
........#...#..##...#...#
#######..######.#.#.#...#
#.....#.#.#.#.###...#..#.
#.###.#..#####.######....
#.###.#..#..#..###..#.##.
#.###.#.#.##..####.###.##
#.....#.#..#...###.##....
#######.######..#.#..#..#
)";

constexpr const char* kVersion6Text =
    "https://"
    "control-plane.a-rather-long-name-for-a-platform.region-west-3.powernode.example.com:8443/"
    "somewhere/claim/7KQ2MXRA";
constexpr const char* kVersion6 = R"(#######..##.##..#.####.#....#####.#######
#.....#.##...####.#..##..#.#......#.....#
#.###.#...#.##.##....##.#.##..#.#.#.###.#
#.###.#.####..#####.#...##..##.#..#.###.#
#.###.#...###..#.#..#..#......###.#.###.#
#.....#.###.#####...###.#.##..#...#.....#
#######.#.#.#.#.#.#.#.#.#.#.#.#.#.#######
..........###.##..##.####.###............
#####.##########.#.##.#.####.#...#.#.#.#.
#.#.##.##.#.....#.###..#.##.#.########..#
##.#.######....#.##.#.#.####.......#.....
#####..##.#...#...#.####..###....#.#.#.##
.##.#.#####.#..#...#..##.######.#....##.#
#.##.........####.#.##.#..#..########...#
....#########.....#.###..#.#.#..#.##.....
.#.###.###.#..#.#..####....##.#.####.#.#.
...##.####.#.##.##......##.###.##.....#..
###.#...#.##.#..##.#.#.#....#####.###..##
##.####.##...###....#....#.###..#..#...#.
.#.#...##.####..#....##...##..#.#...##..#
####.##.##....#.#...#.########.#.#...###.
.#..#....##.##.#...#...#.#....#########.#
#.#.#.###.#..####...###.#.##....#....##..
...###..#.#.#.##..#####.#.##.....#.#.#.#.
..#..##.#.#..###.#.#..#####..##......####
####.#.#.#.#.....####..###..#.##..###...#
##....##.##....##.#.###..###.##...##.###.
...#.#.#.#....###.#.##.#..#.....####.....
...##.##..#.#......#..#.######.#.....##.#
#..###.##....####..#.#.#.#...#########.##
#.#..##.#..####..#..#.#...##.#...#...##..
#..###...###....#.#.##.#......#..##.##...
#...#.#.#.####...#.#..#.###.##.######.###
........##.#.#..#.##.#.#.#..###.#...#.###
#######.#.#..###.##..#..#.####.##.#.#.##.
#.....#....#.#....##.###..###..##...#..#.
#.###.#.##....##......##.##.##..#####.#..
#.###.#.#.#.##.#.####..#.#....###....#..#
#.###.#.#.#...####..#.#..####.#####.##...
#.....#.#.#.#.##.....##...###..##..#.#.#.
#######.#....#####.##.#.###..###...#.##..
)";

TEST_SUITE("qr code") {
  TEST_CASE("is module for module what another encoder makes") {
    for (const auto& [text, picture] :
         {std::pair(kVersion1Text, kVersion1), std::pair(kVersion2Text, kVersion2),
          std::pair(kVersion6Text, kVersion6)}) {
      CAPTURE(text);
      const std::optional<QrCode> code = QrCode::Of(text);
      REQUIRE(code);
      CHECK(Picture(*code) == picture);
    }
  }

  TEST_CASE("takes the smallest version that holds the text, up to the sixth") {
    for (const auto& [length, size] : {std::pair(0, 21), std::pair(17, 21), std::pair(18, 25),
                                       std::pair(32, 25), std::pair(53, 29), std::pair(78, 33),
                                       std::pair(106, 37), std::pair(107, 41), std::pair(134, 41)})
      CHECK(QrCode::Of(std::string(static_cast<std::size_t>(length), 'x'))->size() == size);
    CHECK_FALSE(QrCode::Of(std::string(135, 'x')));
  }

  TEST_CASE("is drawn light on dark, two rows a line, with a quiet zone") {
    const std::string text = QrCode::Of(kVersion1Text)->HalfBlocks();
    const std::string first = text.substr(0, text.find('\n'));
    std::string zone;
    for (int i = 0; i < 25; ++i) zone += "█";
    CHECK(first == zone);
    // The top edge of the left finder: light zone, then seven dark modules over a ring.
    const std::string second = text.substr(first.size() + 1);
    CHECK(second.starts_with("██ ▄▄▄▄▄ █"));
    CHECK(std::count(text.begin(), text.end(), '\n') == 13);
    CHECK(text.ends_with("▀▀\n"));
  }
}

}  // namespace
}  // namespace powernode::runtime::qr_code_test
