// A node below a private directory: $R on a tmpfs of its own, a signer, and real EROFS images made
// with mkfs.erofs. Needs root and a private mount namespace; everything mounted below it is gone at
// the end.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/base/paths.h"
#include "mount/compose.h"
#include "tests/support/temporary_directory.h"
#include "tests/verify/signer.h"
#include "verify/image_verifier.h"

namespace powernode::testing {

using Files = std::map<std::string, std::string>;  // path below the root -> content

class TestNode {
 public:
  TestNode();
  ~TestNode();
  TestNode(const TestNode&) = delete;
  TestNode& operator=(const TestNode&) = delete;

  const Paths& paths() const { return paths_; }
  std::string operator/(const std::string& name) const { return (directory_ / name).string(); }
  std::string target() const { return *this / "root"; }
  // The loop devices that hold one of this node's images.
  std::vector<std::string> LoopDevices() const;

  // The bytes of an image with these files; the path of the file that holds them.
  std::string MakeImage(const Files& files);
  // The file behind `path`, signed by this node's signer and verified.
  verify::VerifiedImage Verified(const std::string& path);
  mount::LayerRequest Layer(const std::string& id, std::int64_t priority, const Files& files);
  mount::LayerRequest LayerFrom(const std::string& id, std::int64_t priority,
                                const std::string& image);
  mount::ComposeRequest Request(std::vector<mount::LayerRequest> layers) const;

 private:
  TemporaryDirectory directory_;
  Paths paths_;
  Signer signer_;
  int images_ = 0;
};

// The mount table as the kernel prints it.
std::string MountInfo();
// "" when the file cannot be read.
std::string Content(const std::string& path);

}  // namespace powernode::testing
