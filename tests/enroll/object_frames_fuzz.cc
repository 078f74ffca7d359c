// Invariant: whatever comes and however it is cut, the objects that come out are the same, each was
// asked for, comes once and has exactly the bytes that it must have, unless the stream ends first.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "enroll/object_frames.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace powernode;

// Small digests and sizes, so that a mutated stream finds them.
std::vector<enroll::WantedObject> Wanted() {
  std::vector<enroll::WantedObject> wanted;
  for (const std::uint64_t size : {0U, 1U, 5U, 300U}) {
    std::array<std::byte, enroll::kObjectDigestBytes> digest{};
    digest.fill(static_cast<std::byte>(wanted.size() + 1));
    wanted.push_back({.digest = verify::ObjectVerity(*verify::FsVerityDigest::FromBytes(
                          verify::FsVerityAlgorithm::kSha256, digest)),
                      .size = size});
  }
  return wanted;
}

struct Transcript {
  std::vector<std::pair<std::string, std::string>> objects;  // digest, bytes
  std::string verdict;

  bool operator==(const Transcript&) const = default;
};

Transcript Read(std::span<const std::byte> stream, std::size_t piece) {
  static const std::vector<enroll::WantedObject> wanted = Wanted();
  Transcript transcript;
  std::uint64_t announced = 0;
  bool open = false;
  const enroll::ObjectSink sink{
      .begin = [&](const enroll::WantedObject& object) -> Status {
        fuzz::Require(!open, "one object ends before the next begins");
        open = true;
        announced = object.size;
        transcript.objects.emplace_back(object.digest.Hex(), "");
        return Ok();
      },
      .bytes = [&](std::span<const std::byte> bytes) -> Status {
        fuzz::Require(open, "bytes belong to an object");
        transcript.objects.back().second.append(reinterpret_cast<const char*>(bytes.data()),
                                                bytes.size());
        fuzz::Require(transcript.objects.back().second.size() <= announced,
                      "never more bytes than announced");
        return Ok();
      },
      .end = [&]() -> Status {
        fuzz::Require(open && transcript.objects.back().second.size() == announced,
                      "an object that ends is whole");
        open = false;
        return Ok();
      }};
  enroll::ObjectFrames frames(wanted, sink);
  while (!stream.empty()) {
    const auto next = stream.first(std::min(piece, stream.size()));
    if (const Status fed = frames.Feed(next); !fed) {
      transcript.verdict = fed.error().code() + fed.error().message();
      break;
    }
    stream = stream.subspan(next.size());
  }
  if (transcript.verdict.empty()) {
    const Status finished = frames.Finish();
    transcript.verdict = finished ? "ended" : finished.error().code();
    fuzz::Require(!finished || !open, "no stream ends within an object");
  }

  std::map<std::string, std::uint64_t> left;
  for (const enroll::WantedObject& object : wanted) left.emplace(object.digest.Hex(), object.size);
  for (const auto& [digest, bytes] : transcript.objects)
    fuzz::Require(left.erase(digest) == 1, "only what was asked for, and once");
  return transcript;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span<const std::byte> stream = std::as_bytes(std::span(data + 1, size - 1));
  const Transcript whole = Read(stream, stream.size() + 1);
  fuzz::Require(Read(stream, 1) == whole, "a byte at a time is the same");
  fuzz::Require(Read(stream, data[0] + std::size_t{1}) == whole, "pieces of any size are the same");
  return 0;
}
