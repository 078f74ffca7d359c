#include "tests/bench/composed_images.h"

#include <fcntl.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "agent/base/syscalls.h"
#include "verify/digested_file.h"
#include "verify/image_verifier.h"

namespace powernode::bench {

void Run(const std::string& command) {
  if (std::system((command + " >/dev/null 2>&1").c_str()) != 0)
    throw std::runtime_error(command + " failed");
}

void Must(Status status) {
  if (!status) throw std::runtime_error(status.error().message());
}

std::string MakeImage(const std::string& directory, int number) {
  const std::string tree = directory + "/tree";
  std::filesystem::create_directories(tree);
  std::ofstream(tree + "/file-" + std::to_string(number)) << "module " << number;
  const std::string image = directory + "/" + std::to_string(number) + ".erofs";
  Run("mkfs.erofs " + image + " " + tree);
  return image;
}

std::vector<mount::LayerRequest> Verified(const std::vector<std::string>& images) {
  const verify::ImageVerifier verifier({.mode = verify::TrustMode::kAudit});
  std::vector<mount::LayerRequest> layers;
  for (const std::string& image : images) {
    verify::DigestedFile file = Must(verify::DigestFile(Must(Open(image, O_RDONLY))));
    const verify::ImageClaim claim{.module_id = image, .name = "m", .digest = file.digest()};
    layers.push_back({.module_id = "m" + std::to_string(layers.size()),
                      .name = "m",
                      .effective_priority = static_cast<std::int64_t>(layers.size()),
                      .image = Must(verifier.Verify(std::move(file), claim))});
  }
  return layers;
}

}  // namespace powernode::bench
