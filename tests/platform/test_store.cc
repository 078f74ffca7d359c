#include "tests/platform/test_store.h"

#include <unistd.h>

#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "tests/platform/fsverity.h"
#include "tests/platform/test_node.h"

namespace powernode::platform {

TestStore::TestStore(Fixture& plane) : plane_(plane), directory_(plane.Directory() + "/store") {
  std::filesystem::create_directory(directory_);
}

std::string TestStore::Keep(const std::string& temporary) {
  const std::string digest = FsverityHexOfFile(temporary).value();
  std::filesystem::create_directories(directory_ + "/" + digest.substr(0, 2));
  std::filesystem::rename(temporary,
                          directory_ + "/" + digest.substr(0, 2) + "/" + digest.substr(2));
  return digest;
}

std::string TestStore::Add(std::size_t size) {
  const std::string path = WriteImage(plane_, "object", size);
  const std::string bytes = ReadWhole(path);
  std::string digest = Keep(path);
  bytes_[digest] = bytes;
  return digest;
}

std::string TestStore::AddHole(std::uint64_t size) {
  const std::string path = WriteImage(plane_, "object", 0);
  REQUIRE(::truncate(path.c_str(), static_cast<off_t>(size)) == 0);
  return Keep(path);
}

void TestStore::Forget(const std::string& digest) {
  std::filesystem::remove(directory_ + "/" + digest.substr(0, 2) + "/" + digest.substr(2));
}

void TestStore::Publish(const std::string& module) {
  plane_.AddModule(WriteImage(plane_, "image" + std::to_string(++images_), 8192),
                   {"--name", module, "--priority", "1", "--no-sign", "--format", "composefs",
                    "--objects", directory_, "--unchecked-objects"});
}

ReceivedObjects ParseRecords(const std::string& body) {
  constexpr std::size_t kHead = 40;
  ReceivedObjects received;
  std::size_t at = 0;
  while (body.size() - at >= kHead) {
    const std::string digest = HexEncode(std::string_view(body).substr(at, 32));
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < 8; ++i)
      length |= std::uint64_t{static_cast<unsigned char>(body[at + 32 + i])} << (8 * i);
    at += kHead;
    if (digest == std::string(64, '0') && length == 0) {
      received.ended = at == body.size();
      break;
    }
    if (length > body.size() - at) break;
    received.objects[digest] = body.substr(at, length);
    at += length;
  }
  return received;
}

}  // namespace powernode::platform
