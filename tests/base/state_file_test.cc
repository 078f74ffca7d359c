#include "agent/base/state_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "tests/support/temporary_directory.h"

namespace powernode::state_file_test {
namespace {

using testing::TemporaryDirectory;

TEST_SUITE_BEGIN("state file");

const Json kBody = {{"revision", 42}, {"modules", {"nginx", "base"}}, {"nested", {{"a", nullptr}}}};

StateFile At(const TemporaryDirectory& root, int version = 1) {
  return {.path = root / "lkg.json", .format = "powernode-lkg", .version = version};
}

std::vector<std::string> SetAsideFiles(const TemporaryDirectory& root) {
  std::vector<std::string> names = *ListDirectory(root.path());
  std::erase_if(names,
                [](const std::string& name) { return name.find(".bad-") == std::string::npos; });
  return names;
}

TEST_CASE("no file is no state and no error") {
  TemporaryDirectory root;
  const auto state = ReadState(At(root));
  REQUIRE(state);
  CHECK_FALSE(state->has_value());
}

TEST_CASE("reads back what was written, with the mode asked for") {
  TemporaryDirectory root;
  REQUIRE(WriteState(At(root), kBody, 0600));
  CHECK(**ReadState(At(root)) == kBody);
  CHECK((Stat(At(root).path)->st_mode & 07777) == 0600);
}

TEST_CASE("is two lines: a header with format, version, checksum and length, then the body") {
  TemporaryDirectory root;
  REQUIRE(WriteState(At(root), Json{{"a", 1}}));
  const std::string content = *ReadFile(At(root).path, 10'000);
  CHECK(std::count(content.begin(), content.end(), '\n') == 2);
  CHECK(content.ends_with("\n{\"a\":1}\n"));
  const Json header = *ParseJson(content.substr(0, content.find('\n')));
  CHECK(header["format"] == "powernode-lkg");
  CHECK(header["version"] == 1);
  CHECK(header["len"] == 7);
  CHECK(header["sha256"] == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862");
  CHECK(header.contains("written_at"));
  CHECK(header.contains("agent"));
}

TEST_CASE("is not written again while the body is the same") {
  TemporaryDirectory root;
  REQUIRE(WriteState(At(root), kBody));
  const ino_t before = Stat(At(root).path)->st_ino;
  REQUIRE(WriteState(At(root), kBody));
  CHECK(Stat(At(root).path)->st_ino == before);
  REQUIRE(WriteState(At(root), Json{{"revision", 43}}));
  CHECK((**ReadState(At(root)))["revision"] == 43);
}

TEST_CASE("cut short at any byte, it is corrupt and never other data") {
  TemporaryDirectory root;
  REQUIRE(WriteState(At(root), kBody));
  const std::string whole = *ReadFile(At(root).path, 10'000);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    REQUIRE(WriteFile(At(root).path, whole.substr(0, length), 0600));
    const auto state = ReadState(At(root));
    INFO("length " << length);
    REQUIRE_FALSE(state);
    CHECK(state.error().code() == "state_corrupt");
    CHECK(state.error().kind() == ErrorKind::kRefuted);
  }
}

TEST_CASE("with any bit flipped, it is the same data, corrupt, or claims a newer version") {
  TemporaryDirectory root;
  REQUIRE(WriteState(At(root), kBody));
  const std::string whole = *ReadFile(At(root).path, 10'000);
  const std::size_t body = whole.find('\n') + 1;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      REQUIRE(WriteFile(At(root).path, flipped, 0600));
      const auto state = ReadState(At(root));
      INFO("byte " << at << ", bit " << bit);
      if (state) {
        REQUIRE(state->has_value());
        CHECK(**state == kBody);
        CHECK(at < body);  // a byte of the header that says nothing about the body
      } else if (state.error().code() == "state_newer") {
        CHECK(at ==
              whole.find("\"version\":") + 10);  // the digit itself: the header has no checksum
      } else {
        CHECK(state.error().code() == "state_corrupt");
      }
    }
  }
}

TEST_CASE("with something after the body, it is corrupt") {
  TemporaryDirectory root;
  REQUIRE(WriteState(At(root), kBody));
  REQUIRE(AppendFile(At(root).path, "{}\n", 0600));
  CHECK(ReadState(At(root)).error().code() == "state_corrupt");
}

TEST_CASE("of another format, it is corrupt") {
  TemporaryDirectory root;
  REQUIRE(WriteState(At(root), kBody));
  StateFile other = At(root);
  other.format = "powernode-staged";
  CHECK(ReadState(other).error().code() == "state_corrupt");
}

TEST_CASE("longer than 4 MiB, it is corrupt, and the next write replaces it") {
  TemporaryDirectory root;
  REQUIRE(WriteFile(At(root).path, std::string(5 * 1024 * 1024, ' '), 0600));
  CHECK(ReadState(At(root)).error().code() == "state_corrupt");
  REQUIRE(WriteState(At(root), kBody));
  CHECK(**ReadState(At(root)) == kBody);
}

TEST_CASE("of a newer version, it is neither used nor overwritten") {
  TemporaryDirectory root;
  REQUIRE(WriteState(At(root, 2), kBody));
  const std::string before = *ReadFile(At(root).path, 10'000);
  CHECK(ReadState(At(root, 1)).error().code() == "state_newer");
  const Status written = WriteState(At(root, 1), Json{{"old", true}});
  CHECK(written.error().code() == "state_newer");
  CHECK(written.error().kind() == ErrorKind::kUnsupported);
  CHECK(*ReadFile(At(root).path, 10'000) == before);
  CHECK(SetAsideFiles(root).empty());
}

TEST_CASE("of an older version, it is read, and kept once when something else is written") {
  TemporaryDirectory root;
  const std::string kept = At(root).path + ".v1";
  REQUIRE(WriteState(At(root, 1), kBody));
  const std::string old = *ReadFile(At(root).path, 10'000);
  CHECK(**ReadState(At(root, 2)) == kBody);
  REQUIRE(WriteState(At(root, 2), kBody));  // nothing changed: nothing is written
  CHECK(*ReadFile(At(root).path, 10'000) == old);
  CHECK_FALSE(Exists(kept));
  REQUIRE(WriteState(At(root, 2), Json{{"new", true}}));
  CHECK(ReadState(At(root, 1)).error().code() == "state_newer");
  CHECK(*ReadFile(kept, 10'000) == old);
  REQUIRE(WriteFile(At(root).path, old, 0600));
  REQUIRE(WriteState(At(root, 1), Json{{"again", true}}));
  REQUIRE(WriteState(At(root, 2), Json{{"newer", true}}));
  CHECK(*ReadFile(kept, 10'000) == old);
}

TEST_CASE("a corrupt file is set aside by the next write") {
  TemporaryDirectory root;
  REQUIRE(WriteFile(At(root).path, "garbage", 0600));
  REQUIRE(WriteState(At(root), kBody));
  CHECK(**ReadState(At(root)) == kBody);
  REQUIRE(SetAsideFiles(root).size() == 1);
  CHECK(*ReadFile(root / SetAsideFiles(root).front(), 100) == "garbage");
}

TEST_CASE("only the newest three files that were set aside are kept, and nothing else is removed") {
  TemporaryDirectory root;
  for (const char* time : {"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z",
                           "2026-01-04T00:00:00Z"})
    REQUIRE(WriteFile(root / (std::string("lkg.json.bad-") + time), "old", 0600));
  REQUIRE(WriteFile(root / "other.json.bad-2020-01-01T00:00:00Z", "somebody else's", 0600));
  REQUIRE(WriteFile(At(root).path, "garbage", 0600));
  REQUIRE(SetAside(At(root)));
  const std::vector<std::string> kept = SetAsideFiles(root);
  REQUIRE(kept.size() == 4);
  CHECK(kept[0] == "lkg.json.bad-2026-01-03T00:00:00Z");
  CHECK(kept[1] == "lkg.json.bad-2026-01-04T00:00:00Z");
  CHECK(*ReadFile(root / kept[2], 100) == "garbage");
  CHECK(kept[3] == "other.json.bad-2020-01-01T00:00:00Z");
}

TEST_CASE("what could not be read back is not written") {
  TemporaryDirectory root;
  REQUIRE(WriteState(At(root), kBody));
  Json deep = Json::object();
  for (int i = 0; i < 70; ++i) deep = Json{{"x", deep}};
  for (const Json& body :
       {deep, Json::array({1, 2}), Json("text"), Json{{"x", std::string(2'000'000, 'x')}}})
    CHECK(WriteState(At(root), body).error().code() == "bad_state");
  CHECK(**ReadState(At(root)) == kBody);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::state_file_test
