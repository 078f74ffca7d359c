#include "mount/composefs/dump.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/mount/composefs/images.h"
#include "tests/mount/composefs/vectors.h"

namespace powernode::mount::composefs::dump_test {
namespace {

using testing::ComposefsVectors;
using testing::ImageOfDump;
using testing::ReadComposefsVector;

constexpr std::string_view kRoot = "/ 0 40755 2 0 0 0 0.0 - - -\n";
constexpr std::string_view kHex64 =
    "5cfe21b86d6aee7c574fe0908e4be1373b2c168fd33726d9a6bbf1602bf8bac0";

std::string Times(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

struct Refused {
  std::string lines;     // after the root
  std::string_view why;  // is part of the message
};

void CheckRefused(const std::string& dump, std::string_view why) {
  CAPTURE(dump.substr(0, 200));
  const Result<std::string> image = ImageOfDump(dump);
  REQUIRE_FALSE(image.ok());
  CHECK(image.error().kind() == ErrorKind::kInvalid);
  CAPTURE(image.error().message());
  CHECK(image.error().message().find(why) != std::string::npos);
}

void CheckAllRefused(const std::vector<Refused>& all) {
  for (const Refused& each : all) CheckRefused(std::string(kRoot) + each.lines, each.why);
}

std::string WriteAgain(std::string_view lines) {
  const Result<Tree> tree = ReadDump(std::string(kRoot).append(lines));
  REQUIRE_MESSAGE(tree.ok(), tree.error().message());
  return WriteDump(*tree).substr(kRoot.size());
}

}  // namespace

TEST_CASE("refuses every invalid vector, and says why") {
  const std::map<std::string, std::string_view> reasons = {
      {"attribute-space", "line 2: \"/f\": the attributes take 32768 bytes"},
      {"bad-escape", "line 2: PATH: \"\\q\" is no escape"},
      {"content-length", "line 2: the content has 5 bytes, SIZE says 6"},
      {"dot-dot-name", "line 3: \"/d/..\": a file cannot be named .."},
      {"file-too-large", "line 2: \"/f\": a file of 9007199254740993 bytes needs more than 1024"},
      {"hardlink-cycle", "line 2: the hard link leads in a circle"},
      {"missing-file-type", "line 2: MODE \"644\" has no file type"},
      {"mtime-without-dot", "line 2: MTIME \"12\" has no nanosecond part"},
      {"name-256-bytes", "the name has 256 bytes"},
      {"parent-missing", "line 2: \"/d/f\": the parent directory \"d\" is on no earlier line"},
  };
  for (const std::string& name : ComposefsVectors("invalid", ".dump")) {
    INFO(name << ": " << ReadComposefsVector("invalid/" + name + ".why"));
    const auto reason = reasons.find(name);
    CheckRefused(ReadComposefsVector("invalid/" + name + ".dump"),
                 reason != reasons.end() ? reason->second : "line ");
  }
}

TEST_CASE("refuses a dump without a root in front") {
  CheckRefused("", "no lines");
  CheckRefused("/f 0 100644 1 0 0 0 0.0 - - -\n", "line 1: \"/f\" comes before the root");
  CheckRefused("/ 0 100644 1 0 0 0 0.0 - - -\n", "the root is not a directory");
  CheckAllRefused({{std::string(kRoot), "line 2: \"/\": the root is there already"},
                   {"\n", "line 2: the line is empty"},
                   {" 0 100644 1 0 0 0 0.0 - - -\n", "the path is empty"}});
}

TEST_CASE("refuses numbers that are none, or that would be changed silently") {
  for (const std::string_view bad : {"", "x", "+1", "-1", "\t1", "1x", "18446744073709551616"}) {
    const std::string number(bad);
    CheckAllRefused({{"/f " + number + " 100644 1 0 0 0 0.0 - - -\n", "SIZE"},
                     {"/f 0 100644 " + number + " 0 0 0 0.0 - - -\n", "NLINK"},
                     {"/f 0 100644 1 " + number + " 0 0 0.0 - - -\n", "UID"},
                     {"/f 0 100644 1 7 " + number + " 0 0.0 - - -\n", "GID"},
                     {"/f 0 100644 1 7 0 " + number + " 0.0 - - -\n", "RDEV"},
                     {"/f 0 100644 1 0 0 0 0." + number + " - - -\n", "MTIME"}});
  }
  CheckAllRefused({{"/f 0 100648 1 0 0 0 0.0 - - -\n", "is not an octal number"},
                   {"/f 0 1100644 1 0 0 0 0.0 - - -\n", "bits above 0177777"},
                   {"/f 0 150644 1 0 0 0 0.0 - - -\n", "unknown file type"},
                   {"/f 0 100644 1 0 0 0 .0 - - -\n", "MTIME"},
                   {"/f 0 100644 1 0 0 0 0.1000000000 - - -\n", "nanoseconds"},
                   {"/f 0 100644 1 0 0 0 9223372036854775808.0 - - -\n", "beyond 2^63"},
                   {"/f 0 100644 1 0 0 0 -9223372036854775809.0 - - -\n", "beyond 2^63"}});
  CHECK(WriteAgain("/f 0 100644 1 0 0 0 -9223372036854775808.0 - - -\n") ==
        "/f 0 100644 1 0 0 0 -9223372036854775808.0 - - -\n");
}

TEST_CASE("refuses names and places that no file can have") {
  CheckAllRefused({{"/. 0 100644 1 0 0 0 0.0 - - -\n", "cannot be named ."},
                   {"/f/ 0 100644 1 0 0 0 0.0 - - -\n", "the name is empty"},
                   {"// 0 40755 1 0 0 0 0.0 - - -\n", "the name is empty"},
                   {"/a\\x00b 0 100644 1 0 0 0 0.0 - - -\n", "PATH holds a zero byte"},
                   {std::string("/a\0b 0 100644 1 0 0 0 0.0 - - -\n", 31), "a zero byte"},
                   {"/f 0 100644 1 0 0 0 0.0 - - -\n/f 0 100644 1 0 0 0 0.0 - - -\n",
                    "line 3: \"/f\": the name \"f\" is there already"},
                   {"/f 0 100644 1 0 0 0 0.0 - - -\n/f/g 0 100644 1 0 0 0 0.0 - - -\n",
                    "line 3: \"/f/g\": the parent \"f\" is not a directory"}});
}

TEST_CASE("refuses payloads, contents and digests that cannot be kept or trusted") {
  const std::string long_text = Times("x", 4096);
  CheckAllRefused(
      {{"/l 0 120777 1 0 0 0 0.0 - - -\n", "the symlink has no target"},
       {"/l 0 120777 1 0 0 0 0.0  - -\n", "the symlink has no target"},
       {"/l 4096 120777 1 0 0 0 0.0 " + long_text + " - -\n", "the target has 4096 bytes"},
       {"/p 0 10644 1 0 0 0 0.0 " + long_text + " - -\n", "the payload has 4096 bytes"},
       {"/l 1 120777 1 0 0 0 0.0 a\\x00 - -\n", "PAYLOAD holds a zero byte"},
       {"/f 5001 100644 1 0 0 0 0.0 - " + Times("x", 5001) + " -\n", "5000 are the most"},
       {"/p 5001 10644 1 0 0 0 0.0 - " + Times("x", 5001) + " -\n", "5000 are the most"},
       {"/f 1 100644 1 0 0 0 0.0 -  -\n", "the content has 0 bytes, SIZE says 1"},
       {"/f 9 100644 1 0 0 0 0.0 /etc/passwd - -\n", "begins with a slash"},
       {"/f 9 100644 1 0 0 0 0.0 a//b - -\n", "an empty component"},
       {"/f 9 100644 1 0 0 0 0.0 a/ - -\n", "an empty component"},
       {"/f 9 100644 1 0 0 0 0.0 a/../b - -\n", "the component .."},
       {"/f 9 100644 1 0 0 0 0.0 a - abcd\n", "is not 64 hexadecimal digits"},
       {"/f 9 100644 1 0 0 0 0.0 a - sha256:" + std::string(kHex64) + "\n", "is not 64"},
       {"/f 18446744073709551615 100644 1 0 0 0 0.0 a - -\n", "more than 1024 chunks"},
       {"/f 9007199254740992 100644 1 0 0 0 0.0 a - -\n", "more chunks than fit"}});
}

TEST_CASE("refuses attributes beyond the limits") {
  const auto with = [](const std::string& attributes) {
    return "/f 0 100644 1 0 0 0 0.0 - - - " + attributes + "\n";
  };
  CheckAllRefused({{with("user.a"), "has no = sign"},
                   {with("=b"), "has no name"},
                   {with("user.a=b  user.c=d"), "two spaces in a row"},
                   {with("user.a\\x00=b"), "holds a zero byte"},
                   {with(Times("n", 256) + "=b"), "has 256 bytes, 255 are the most"},
                   {with("user.a=" + Times("\\x41", 16384)), "65535 are the most"},
                   {with("user.a=" + Times("x", 32743)), "the attributes take 32768 bytes"}});
  // The limit itself: 12 + 7 + 6 + 32742.
  CHECK(ImageOfDump(std::string(kRoot) + with("user.a=" + Times("x", 32742))).ok());
}

TEST_CASE("an attribute space that goes below zero is refused as mkcomposefs does") {
  CheckRefused(std::string(kRoot) +
                   "/d 0 40755 2 0 0 0 0.0 - - - user.a=b trusted.overlay.whiteouts=y\n"
                   "/d/gone 0 20000 1 0 0 0 0.0 - - -\n",
               "/d: the attributes take -1 bytes");
}

TEST_CASE("hard links: to later lines and each other, never in circles or to directories") {
  const auto link = [](const std::string& name, const std::string& target) {
    return name + " 0 @100644 1 0 0 0 0.0 " + target + " - -\n";
  };
  const std::string file = "/z 0 100644 9 0 0 0 0.0 - - -\n";
  CHECK(WriteAgain(link("/a", "/b") + link("/b", "//z/") + file) ==
        "/a 0 @100644 9 0 0 0 0.0 /z - -\n/b 0 @100644 9 0 0 0 0.0 /z - -\n" + file);
  CHECK(WriteAgain("/a ? @100644 ? ? ? ? ? z\n" + file) ==
        "/a 0 @100644 9 0 0 0 0.0 /z - -\n" + file);
  CheckAllRefused({{link("/a", "/a"), "line 2: the hard link leads in a circle"},
                   {link("/a", "/b") + link("/b", "/c") + link("/c", "/b"), "leads in a circle"},
                   {link("/a", "/nowhere"), "line 2: the target of the hard link does not exist"},
                   {link("/a", "/b/c") + link("/b", "/z") + file, "does not exist"},
                   {link("/a", "-"), "no target"},
                   {link("/a", "/"), "is a directory"},
                   {link("/a", "/z\\x00"), "PAYLOAD holds a zero byte"},
                   {"/d 0 40755 1 0 0 0 0.0 - - -\n" + link("/a", "/d"), "is a directory"},
                   {"/a 0 @40755 1 0 0 0 0.0 /z - -\n" + file, "cannot name a directory"},
                   {"/a 0 @644 1 0 0 0 0.0 /z - -\n" + file, "has no file type"},
                   {link("/z", "/y") + file, "line 3: \"/z\": the name is there already"},
                   {file + link("/z", "/y"), "line 3: \"/z\": the name is there already"}});
}

TEST_CASE("a chain of 50,000 hard links is followed without recursion, once") {
  std::string dump(kRoot);
  for (int i = 0; i < 50000; ++i)
    dump += "/" + std::to_string(i) + " 0 @100644 1 0 0 0 0.0 /" + std::to_string(i + 1) + " - -\n";
  CHECK(ReadDump(dump + "/50000 0 100644 1 0 0 0 0.0 - - -\n").ok());
  CHECK_FALSE(ReadDump(dump + "/50000 0 @100644 1 0 0 0 0.0 /0 - -\n").ok());
}

TEST_CASE("what section 2.1 lets pass, passes") {
  CHECK(WriteAgain("f 0 100644 1 4294967297 0 0 +1.1 - - - \n") ==
        "/f 0 100644 1 1 0 0 1.1 - - -\n");
  CHECK(WriteAgain("//f 0 100644 1 0 0 0 0.0 \\x2d - - user.a=b=c \n") ==
        "/f 0 100644 1 0 0 0 0.0 - - - user.a=b\\x3dc\n");
  CHECK(WriteAgain("/f 1 100644 1 0 0 0 0.0 - \\x2d -") == "/f 1 100644 1 0 0 0 0.0 - \\x2d -\n");
  CHECK(WriteAgain("/\\\\\\n\\r\\t\\x20\\xFF= 1 120777 1 0 0 0 0.0 \\x2d - -\n") ==
        "/\\\\\\n\\r\\t\\x20\\xff= 1 120777 1 0 0 0 0.0 \\x2d - -\n");
}

}  // namespace powernode::mount::composefs::dump_test
