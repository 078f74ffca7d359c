#include "enroll/object_frames.h"

#include <doctest/doctest.h>

#include "tests/enroll/object_stream.h"

namespace powernode::enroll::object_frames_test {
namespace {

using testing::EndOfObjects;
using testing::ObjectFrame;
using testing::ObjectOf;

// What a parser hands on, with the object boundaries.
struct Taken {
  std::vector<std::string> objects;
  bool open = false;
  ObjectSink sink{.begin = [this](const WantedObject&) -> Status {
                    CHECK_FALSE(open);
                    open = true;
                    objects.emplace_back();
                    return Ok();
                  },
                  .bytes = [this](std::span<const std::byte> bytes) -> Status {
                    CHECK(open);
                    objects.back().append(reinterpret_cast<const char*>(bytes.data()),
                                          bytes.size());
                    return Ok();
                  },
                  .end = [this]() -> Status {
                    CHECK(open);
                    open = false;
                    return Ok();
                  }};
};

Status Parse(Taken& taken, std::span<const WantedObject> wanted, std::string_view stream,
             std::size_t piece) {
  ObjectFrames frames(wanted, taken.sink);
  for (; !stream.empty(); stream.remove_prefix(std::min(piece, stream.size())))
    RETURN_IF_ERROR(frames.Feed(testing::Bytes(stream.substr(0, piece))));
  return frames.Finish();
}

const std::string kA(100, 'a');
const std::string kB(5000, 'b');

}  // namespace

TEST_SUITE("object_frames") {
  TEST_CASE("objects come out whole, in the stream's order, however it is cut") {
    const std::vector wanted = {ObjectOf(kA), ObjectOf(kB), ObjectOf("")};
    const std::string stream = ObjectFrame(kB) + ObjectFrame("") + ObjectFrame(kA) + EndOfObjects();
    for (const std::size_t piece : {1U, 2U, 7U, 39U, 40U, 41U, 4096U, 100'000U}) {
      CAPTURE(piece);
      Taken taken;
      const Status parsed = Parse(taken, wanted, stream, piece);
      CHECK_MESSAGE(parsed.ok(), parsed.error().message());
      CHECK(taken.objects == std::vector<std::string>{kB, "", kA});
    }
  }

  TEST_CASE("what the platform does not have is left out") {
    const std::vector wanted = {ObjectOf(kA), ObjectOf(kB)};
    Taken taken;
    CHECK(Parse(taken, wanted, ObjectFrame(kB) + EndOfObjects(), 64).ok());
    CHECK(taken.objects == std::vector{kB});
    Taken nothing;
    CHECK(Parse(nothing, wanted, EndOfObjects(), 64).ok());
    CHECK(nothing.objects.empty());
  }

  TEST_CASE("a stream cut anywhere is a lost connection, and whole objects before it have come") {
    const std::vector wanted = {ObjectOf(kA), ObjectOf(kB)};
    const std::string stream = ObjectFrame(kA) + ObjectFrame(kB) + EndOfObjects();
    for (std::size_t cut = 0; cut < stream.size(); cut += 13) {
      CAPTURE(cut);
      Taken taken;
      const Status parsed = Parse(taken, wanted, stream.substr(0, cut), 1024);
      REQUIRE_FALSE(parsed.ok());
      CHECK(parsed.error().kind() == ErrorKind::kUnavailable);
      CHECK(parsed.error().code() == "connection_lost");
      if (cut >= ObjectFrame(kA).size()) CHECK(taken.objects.at(0) == kA);
    }
  }

  TEST_CASE("only what was asked for passes, once, and with its size") {
    const std::vector wanted = {ObjectOf(kA), ObjectOf(kB)};
    std::string stream;
    std::size_t passed = 0;
    SUBCASE("an object that was not asked for") {
      stream = ObjectFrame(kA) + ObjectFrame("foreign");
      passed = 1;
    }
    SUBCASE("an object that came before") {
      stream = ObjectFrame(kA) + ObjectFrame(kA);
      passed = 1;
    }
    SUBCASE("a byte less") { stream = ObjectFrame(kA, kA.size() - 1); }
    SUBCASE("a byte more") { stream = ObjectFrame(kA, kA.size() + 1); }
    SUBCASE("a size beyond every file") { stream = ObjectFrame(kA, ~std::uint64_t{0}); }
    SUBCASE("zeros for a name, with a length") { stream = EndOfObjects(1); }
    SUBCASE("bytes after the end") { stream = EndOfObjects() + "x"; }
    Taken taken;
    const Status parsed = Parse(taken, wanted, stream, 10);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().kind() == ErrorKind::kRefuted);
    CHECK(parsed.error().code() == "bad_object_stream");
    CHECK(taken.objects.size() == passed);
  }

  TEST_CASE("an error of who takes the objects is passed on as it is") {
    const std::vector wanted = {ObjectOf(kA)};
    const ObjectSink sink{.begin = [](const WantedObject&) { return Ok(); },
                          .bytes = [](std::span<const std::byte>) -> Status {
                            return Error(ErrorKind::kNoSpace, "no_space", "full");
                          },
                          .end = [] { return Ok(); }};
    ObjectFrames frames(wanted, sink);
    const std::string stream = ObjectFrame(kA);
    CHECK(frames.Feed(testing::Bytes(stream)).error().code() == "no_space");
  }
}

}  // namespace powernode::enroll::object_frames_test
