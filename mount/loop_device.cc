#include "mount/loop_device.h"

#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "agent/base/syscalls.h"

namespace powernode::mount {
namespace {

constexpr int kRaces = 64;  // lost in a row before we give up
constexpr unsigned kBlockSize = 4096;

Error NoLoopDevice(const std::string& why) {
  return Error(
      ErrorKind::kUnsupported, "no_loop_device",
      "no loop device can be had: " + why + " (needs CONFIG_BLK_DEV_LOOP or the module loop)");
}

struct loop_config Configuration(const Fd& image, const std::string& label) {
  struct loop_config config {};
  config.fd = static_cast<__u32>(image.get());
  config.block_size = kBlockSize;
  config.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR;
  std::copy_n(label.begin(), std::min(label.size(), sizeof config.info.lo_file_name - 1),
              config.info.lo_file_name);
  return config;
}

}  // namespace

Result<LoopDevice> LoopDevice::Attach(const Fd& image, const std::string& label) {
  const Result<Fd> control = Open("/dev/loop-control", O_RDWR);
  if (!control) return NoLoopDevice(control.error().message());
  const struct loop_config config = Configuration(image, label);
  for (int race = 0; race < kRaces; ++race) {
    const int number = ::ioctl(control->get(), LOOP_CTL_GET_FREE);
    if (number < 0) return NoLoopDevice(SystemError("LOOP_CTL_GET_FREE", errno).message());
    const std::string path = "/dev/loop" + std::to_string(number);
    Result<Fd> device = Open(path, O_RDONLY);
    if (!device) return NoLoopDevice(device.error().message());
    if (::ioctl(device->get(), LOOP_CONFIGURE, &config) == 0)
      return LoopDevice(std::move(device).value(), path);
    if (errno != EBUSY) return SystemError("attach the image to " + path, errno);
  }
  return NoLoopDevice("other processes took " + std::to_string(kRaces) + " in a row");
}

Result<bool> LoopDeviceBacks(const std::string& device_path, const Fd& image) {
  ASSIGN_OR_RETURN(const Fd device, Open(device_path, O_RDONLY | O_NONBLOCK));
  struct loop_info64 info {};
  if (::ioctl(device.get(), LOOP_GET_STATUS64, &info) < 0) {
    if (errno == ENXIO || errno == ENOTTY || errno == EINVAL)
      return false;  // free, or no loop device
    return SystemError("ask " + device_path + " for its backing file", errno);
  }
  ASSIGN_OR_RETURN(const struct stat file, Fstat(image));
  const dev_t backing = info.lo_device;
  return info.lo_inode == file.st_ino && major(backing) == major(file.st_dev) &&
         minor(backing) == minor(file.st_dev);
}

}  // namespace powernode::mount
