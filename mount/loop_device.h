// A loop device over an image's descriptor: read-only, blocks of 4096 bytes, and autoclear, so that
// the kernel detaches it by itself when the last user (this object, then the mount) has gone. An
// object exists only for a device that this process attached: nothing here can detach somebody
// else's.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "agent/base/fd.h"
#include "agent/base/result.h"

namespace powernode::mount {

class LoopDevice {
 public:
  // `label` is what losetup(8) shows, at most 63 bytes. Another process may take the free device
  // first; then the next one is tried. kUnsupported "no_loop_device" when none can be had at all.
  static Result<LoopDevice> Attach(const Fd& image, const std::string& label);

  const std::string& path() const { return path_; }

 private:
  LoopDevice(Fd device, std::string path) : device_(std::move(device)), path_(std::move(path)) {}

  Fd device_;
  std::string path_;
};

// True when the block device `device_path` is a loop device whose backing file is the one behind
// `image`. An error when it cannot be asked.
Result<bool> LoopDeviceBacks(const std::string& device_path, const Fd& image);

}  // namespace powernode::mount
