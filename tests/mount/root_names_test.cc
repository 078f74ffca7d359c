#include "mount/root_names.h"

#include <doctest/doctest.h>
#include <sys/mman.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::mount::root_names_test {
namespace {

std::string Vector(const std::string& name) {
  const Result<std::string> bytes =
      ReadFile(POWERNODE_SHARED "/vectors/composefs/" + name, 1024 * 1024);
  REQUIRE_MESSAGE(bytes.ok(), bytes.error().message());
  return *bytes;
}

bool ShowsFree(const std::string& image) {
  const Fd file(::memfd_create("image", MFD_CLOEXEC));
  REQUIRE(WriteAll(file, AsBytes(image)).ok());
  return ShowsFreeRootNames(file);
}

std::size_t Place(std::size_t node_number) { return node_number * 32; }

}  // namespace

TEST_CASE("the 256 devices of a composefs image leave its names free") {
  for (const char* name : {"empty-root.cfs", "external-one.cfs", "hardlinks.cfs", "whiteouts.cfs",
                           "xattrs-shared.cfs", "acl.cfs", "inline-one.cfs"}) {
    CAPTURE(name);
    CHECK(ShowsFree(Vector(name)));
  }
}

TEST_CASE("a file under a reserved name does not") {
  CHECK_FALSE(ShowsFree(Vector("hex-names-taken.cfs")));
}

TEST_CASE("the inode decides, whatever the directory says that it is") {
  std::string image = Vector("empty-root.cfs");
  constexpr std::size_t kFirstDevice = 38;
  image[Place(kFirstDevice) + 4] = '\xed';  // mode 040755: "00" is a directory now
  image[Place(kFirstDevice) + 5] = '\x41';
  CHECK_FALSE(ShowsFree(image));
}

TEST_CASE("a device with a number is no whiteout") {
  std::string image = Vector("empty-root.cfs");
  image[Place(38) + 16] = 1;
  CHECK_FALSE(ShowsFree(image));
}

TEST_CASE("a name ends at a zero byte, as it does for the kernel") {
  std::string image = Vector("external-one.cfs");
  const std::size_t name = image.find("blob");
  REQUIRE(name != std::string::npos);
  image.replace(name, 4, std::string("ba\0b", 4));
  CHECK_FALSE(ShowsFree(image));
}

TEST_CASE("what cannot be understood is left to the kernel") {
  const std::string image = Vector("empty-root.cfs");
  CHECK_FALSE(ShowsFree(""));
  CHECK_FALSE(ShowsFree(image.substr(0, 4096)));
  std::string compressed = image;
  compressed[1024 + 80] = 1;  // an incompatible feature
  CHECK_FALSE(ShowsFree(compressed));
  std::string chunked = image;
  chunked[Place(36)] = 8;  // another layout of the root's data
  CHECK_FALSE(ShowsFree(chunked));
  std::string elsewhere = image;
  elsewhere[Place(36) + 19] = '\x7f';  // data beyond the end
  CHECK_FALSE(ShowsFree(elsewhere));
}

}  // namespace powernode::mount::root_names_test
