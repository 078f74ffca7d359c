#include "tests/platform/image_build.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <thread>

#include "agent/base/files.h"
#include "agent/base/process.h"
#include "agent/base/syscalls.h"
#include "mount/composefs/directory_scan.h"
#include "mount/composefs/image_writer.h"
#include "mount/composefs/tree_paths.h"
#include "tests/platform/digest.h"
#include "verify/fsverity_measure.h"

namespace powernode::platform {
namespace {

namespace composefs = mount::composefs;

constexpr std::int64_t kEpoch = 1'700'000'000;  // November 2023
constexpr auto kDeadline = std::chrono::minutes(30);

Result<std::string> FindProgram(const std::string& name) {
  const char* const variable = std::getenv("PATH");
  std::string_view path = variable != nullptr ? variable : "/usr/bin:/usr/sbin";
  while (!path.empty()) {
    const std::size_t colon = path.find(':');
    const std::string file = JoinPath(path.substr(0, colon), name);
    if (file.starts_with("/") && ::access(file.c_str(), X_OK) == 0) return file;
    path.remove_prefix(colon == std::string_view::npos ? path.size() : colon + 1);
  }
  return Error(ErrorKind::kNotFound, "program_missing",
               name + " is not in PATH; it makes EROFS images (package erofs-utils)");
}

// Of version 8 (RFC 9562): what the bits mean is up to the maker.
std::string UuidOf(const std::string& name) {
  std::string digits = Sha256Hex(name).substr(0, 32);
  digits[12] = '8';
  digits[16] = '8';
  for (const std::size_t dash : {20, 16, 12, 8}) digits.insert(dash, "-");
  return digits;
}

ObjectFiles ExternalFiles(const composefs::Tree& tree, const std::string& directory) {
  const composefs::TreePaths paths(tree);
  ObjectFiles files;
  for (composefs::NodeId node = 0; node < tree.size(); ++node) {
    if (tree.at(node).digest)
      files.emplace(tree.at(node).digest->Hex(), directory + paths.PathOf(node));
  }
  return files;
}

std::size_t Threads() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1,
                                 verify::kMaxMeasureThreads);
}

}  // namespace

Status BuildErofs(const std::string& directory, const std::string& name, const std::string& image) {
  ASSIGN_OR_RETURN(const std::string program, FindProgram("mkfs.erofs"));
  const std::vector<std::string> command = {
      program, "--quiet", "-zlz4hc", "-C16384", "-T" + std::to_string(kEpoch), "-U" + UuidOf(name),
      image,   directory};
  ASSIGN_OR_RETURN(const ProcessOutcome outcome, SystemProcessRunner().Run(command, kDeadline));
  if (outcome.exit_code == 0) return Ok();
  return Error(ErrorKind::kSystem, "mkfs_failed",
               "make EROFS image of " + directory + ": mkfs.erofs ended with " +
                   std::to_string(outcome.exit_code) + ": " + outcome.output);
}

Result<ObjectFiles> BuildComposefs(const std::string& directory, const std::string& image) {
  ASSIGN_OR_RETURN_CONTEXT(
      composefs::ScanResult scan,
      composefs::ScanDirectory(directory, {.threads = Threads(), .epoch = kEpoch}),
      "make composefs image");
  ObjectFiles files = ExternalFiles(scan.tree, directory);
  ASSIGN_OR_RETURN(const Fd file, Open(image, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  RETURN_IF_ERROR_CONTEXT(composefs::WriteImage(std::move(scan.tree), {},
                                                [&](std::span<const std::byte> bytes) {
                                                  return WriteAll(file, bytes);
                                                }),
                          "make composefs image of " + directory);
  return files;
}

}  // namespace powernode::platform
