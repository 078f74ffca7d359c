#include "tests/mount/test_node.h"

#include <doctest/doctest.h>
#include <sys/mount.h>

#include <filesystem>

#include "agent/base/files.h"
#include "agent/base/process.h"
#include "agent/base/syscalls.h"

namespace powernode::testing {
namespace {

std::string MkfsErofs() {
  for (const char* path : {"/usr/bin/mkfs.erofs", "/usr/sbin/mkfs.erofs", "/sbin/mkfs.erofs"})
    if (Exists(path)) return path;
  return "mkfs.erofs";
}

}  // namespace

TestNode::TestNode() : paths_(Paths::Below(directory_.path().string())) {
  REQUIRE(MakeDirectories(paths_.run, 0755).ok());
  REQUIRE(::mount("test-run", paths_.run.c_str(), "tmpfs", 0, "size=256m") == 0);
  REQUIRE(MakeDirectories(target(), 0755).ok());
}

TestNode::~TestNode() {
  // Lazily, as only a test may: what a failed case left must not stop the directory from being
  // removed.
  while (::umount2(target().c_str(), MNT_DETACH) == 0) {
  }
  ::umount2(paths_.run.c_str(), MNT_DETACH);
}

std::string TestNode::MakeImage(const Files& files) {
  const std::string number = std::to_string(images_++);
  const std::string source = *this / ("source" + number);
  const std::string image = *this / ("image" + number);
  REQUIRE(MakeDirectories(source, 0755).ok());
  for (const auto& [name, content] : files) {
    const std::string path = JoinPath(source, name);
    REQUIRE(MakeDirectories(DirectoryOf(path), 0755).ok());
    REQUIRE(WriteFile(path, content, 0644).ok());
  }
  const Result<ProcessOutcome> made =
      SystemProcessRunner().Run({MkfsErofs(), image, source}, std::chrono::seconds(20));
  REQUIRE_MESSAGE(made.ok(), "mkfs.erofs (package erofs-utils)");
  REQUIRE_MESSAGE(made->exit_code == 0, made->output);
  return image;
}

verify::VerifiedImage TestNode::Verified(const std::string& path) {
  Result<Fd> fd = Open(path, O_RDONLY);
  REQUIRE(fd.ok());
  Result<verify::DigestedFile> file = verify::DigestFile(std::move(fd).value());
  REQUIRE(file.ok());
  const verify::ImageVerifier verifier(signer_.Policy());
  const verify::ImageClaim claim{.module_id = "m",
                                 .name = "m",
                                 .digest = file->digest(),
                                 .size = file->size(),
                                 .signature = signer_.Sign(file->digest())};
  Result<verify::VerifiedImage> image = verifier.Verify(std::move(file).value(), claim);
  REQUIRE(image.ok());
  return std::move(image).value();
}

mount::LayerRequest TestNode::LayerFrom(const std::string& id, std::int64_t priority,
                                        const std::string& image) {
  return {.module_id = id,
          .name = "module " + id,
          .effective_priority = priority,
          .image = Verified(image)};
}

mount::LayerRequest TestNode::Layer(const std::string& id, std::int64_t priority,
                                    const Files& files) {
  return LayerFrom(id, priority, MakeImage(files));
}

mount::ComposeRequest TestNode::Request(std::vector<mount::LayerRequest> layers) const {
  return {.layers = std::move(layers),
          .target = target(),
          .scratch_mib = 16,
          .lock_patience = std::chrono::milliseconds(0)};
}

std::vector<std::string> TestNode::LoopDevices() const {
  std::vector<std::string> ours;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/block"))
    if (Content(entry.path() / "loop/backing_file").starts_with(directory_.path().string() + "/"))
      ours.push_back(entry.path().filename());
  return ours;
}

std::string MountInfo() { return ReadFile("/proc/self/mountinfo", 16 * 1024 * 1024).value(); }

std::string Content(const std::string& path) {
  const Result<std::string> content = ReadFile(path, 1024 * 1024);
  return content ? *content : "";
}

}  // namespace powernode::testing
