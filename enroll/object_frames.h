// The stream of many composefs objects in one answer (node-api.md §11.4,
// application/vnd.powernode.objects.v1), read as it arrives, however it is cut: for each object its
// 32-byte digest, its length as u64 little-endian, and its bytes; 32 zero bytes with length 0 end
// it. Only objects that were asked for pass, each at most once and with exactly its size; their
// bytes are what the platform sent, and whoever takes them measures them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>

#include "agent/base/result.h"
#include "verify/verity_identity.h"

namespace powernode::enroll {

inline constexpr std::size_t kObjectDigestBytes = 32;
inline constexpr std::size_t kObjectFrameHead = kObjectDigestBytes + sizeof(std::uint64_t);

struct WantedObject {
  verify::ObjectVerity digest;  // SHA-256
  std::uint64_t size = 0;       // bytes
};

// Takes one object after another; an error of any of them ends the transfer and is passed on as it
// is. The bytes of an object come in pieces of any size, none when it is empty.
struct ObjectSink {
  std::function<Status(const WantedObject&)> begin;
  std::function<Status(std::span<const std::byte>)> bytes;
  std::function<Status()> end;
};

class ObjectFrames {
 public:
  // `sink` outlives the parser. Precondition: each digest stands in `wanted` once.
  ObjectFrames(std::span<const WantedObject> wanted, const ObjectSink& sink);

  // kRefuted "bad_object_stream": an object that was not asked for, one that came before, one with
  // another size, or bytes after the end. Nothing may be fed after an error.
  Status Feed(std::span<const std::byte> bytes);

  // The transfer is over. kUnavailable "connection_lost" unless the end record came.
  Status Finish() const;

 private:
  Status BeginFrame();
  Status EndObject();

  const ObjectSink& sink_;
  std::map<verify::ObjectVerity, std::uint64_t> wanted_;  // those that have not come yet
  std::array<std::byte, kObjectFrameHead> head_{};
  std::size_t head_filled_ = 0;
  std::uint64_t left_ = 0;  // of the object under way
  bool in_object_ = false;
  bool ended_ = false;
};

}  // namespace powernode::enroll
