#include "enroll/object_frames.h"

#include <algorithm>
#include <string>

namespace powernode::enroll {
namespace {

Error BadStream(std::string text) {
  return Error(ErrorKind::kRefuted, "bad_object_stream", "the platform sent " + std::move(text));
}

std::uint64_t LittleEndian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
  return value;
}

bool IsZero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

ObjectFrames::ObjectFrames(std::span<const WantedObject> wanted, const ObjectSink& sink)
    : sink_(sink) {
  for (const WantedObject& object : wanted) wanted_.emplace(object.digest, object.size);
}

Status ObjectFrames::Feed(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (ended_) return BadStream("more bytes after the end of the objects");
    if (in_object_) {
      const auto piece = bytes.first(std::min<std::uint64_t>(left_, bytes.size()));
      RETURN_IF_ERROR(sink_.bytes(piece));
      left_ -= piece.size();
      bytes = bytes.subspan(piece.size());
      if (left_ == 0) RETURN_IF_ERROR(EndObject());
      continue;
    }
    const auto piece = bytes.first(std::min(head_.size() - head_filled_, bytes.size()));
    std::copy(piece.begin(), piece.end(), head_.begin() + static_cast<long>(head_filled_));
    head_filled_ += piece.size();
    bytes = bytes.subspan(piece.size());
    if (head_filled_ == head_.size()) RETURN_IF_ERROR(BeginFrame());
  }
  return Ok();
}

Status ObjectFrames::BeginFrame() {
  head_filled_ = 0;
  const auto name = std::span(head_).first(kObjectDigestBytes);
  const std::uint64_t size = LittleEndian(std::span(head_).subspan(kObjectDigestBytes));
  if (IsZero(name) && size == 0) {
    ended_ = true;
    return Ok();
  }
  const verify::ObjectVerity digest(
      *verify::FsVerityDigest::FromBytes(verify::FsVerityAlgorithm::kSha256, name));
  const auto found = wanted_.find(digest);
  if (found == wanted_.end())
    return BadStream("object " + digest.Hex() + ", which was not asked for or had come before");
  if (found->second != size)
    return BadStream("object " + digest.Hex() + " with " + std::to_string(size) +
                     " bytes, and it has " + std::to_string(found->second));
  wanted_.erase(found);
  in_object_ = true;
  left_ = size;
  RETURN_IF_ERROR(sink_.begin({.digest = digest, .size = size}));
  return left_ == 0 ? EndObject() : Ok();
}

Status ObjectFrames::EndObject() {
  in_object_ = false;
  return sink_.end();
}

Status ObjectFrames::Finish() const {
  if (ended_) return Ok();
  return Error(ErrorKind::kUnavailable, "connection_lost",
               "the platform's objects ended without their end record");
}

}  // namespace powernode::enroll
