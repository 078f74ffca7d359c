// What has been mounted and made so far, to be taken back in reverse order if the whole does not
// succeed. Only our own: each mount is remembered by the kernel's id, and one that somebody put on
// top is not touched. Never lazily: a mount in use is an error that names it (MO-9).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/result.h"

namespace powernode::mount {

class MountUndo {
 public:
  MountUndo() = default;
  MountUndo(MountUndo&& other) noexcept : steps_(std::exchange(other.steps_, {})) {}
  MountUndo& operator=(MountUndo&& other) noexcept {
    if (this != &other) {
      (void)Run();
      steps_ = std::exchange(other.steps_, {});
    }
    return *this;
  }
  // Quietly takes back what is left; call Run to hear about failures.
  ~MountUndo() { (void)Run(); }

  // The mount just made at `path`.
  Status RecordMount(const std::string& path);
  void RecordDirectory(const std::string& path);

  // Takes everything back, goes on after a failure, returns the first with the others appended.
  Status Run();
  // Everything stays.
  void Release() { steps_.clear(); }

 private:
  struct Step {
    std::string path;
    std::uint64_t mount_id;  // 0: a directory
  };
  std::vector<Step> steps_;
};

}  // namespace powernode::mount
