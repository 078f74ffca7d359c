#include "mount/layer.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <set>
#include <thread>
#include <utility>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/loop_device.h"
#include "mount/mount_api.h"
#include "mount/root_names.h"

namespace powernode::mount {
namespace {

constexpr std::size_t kNameDigits = 32;
constexpr std::string_view kDescriptorPath = "/proc/self/fd/";

constexpr std::size_t kThreads = 4;

// Is this image mounted at its place? An error when something else is.
Result<bool> IsMounted(const Paths& paths, const MountTable& table,
                       const verify::VerifiedImage& image) {
  const std::string path = LayerPath(paths, image.digest());
  const MountEntry* entry = table.FindAt(path);
  if (entry == nullptr) return false;
  // One that is mounted on its file cannot be asked which file that is.
  if (entry->fs_type == "erofs" && entry->root == "/" &&
      !entry->source.starts_with(kDescriptorPath)) {
    ASSIGN_OR_RETURN(const bool same, LoopDeviceBacks(entry->source, image.fd()));
    if (same) return true;
  }
  return Error(ErrorKind::kBusy, "layer_in_use", "something else is mounted at " + path);
}

Result<Fd> MountErofs(const std::string& source) {
  ASSIGN_OR_RETURN(FsContext context, FsContext::Open("erofs"));
  RETURN_IF_ERROR(context.SetFlag("ro"));
  RETURN_IF_ERROR(context.SetString("source", source));
  RETURN_IF_ERROR(context.Create());
  return context.Mount(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV);
}

// A file-backed mount costs one of the kernel's two stacking levels, which an overlay on the
// composed root would miss: only where no loop device can be had.
Result<Fd> MountOnFile(const KernelFeatures& features, const verify::VerifiedImage& image,
                       Error no_loop) {
  if (!features.erofs_on_files) return no_loop;
  Result<Fd> mount = MountErofs(std::string(kDescriptorPath) + std::to_string(image.fd().get()));
  if (!mount) return std::move(no_loop).AlsoFailed(mount.error());
  return mount;
}

Result<Fd> MountImage(const KernelFeatures& features, const verify::VerifiedImage& image) {
  if (!features.loop_devices)
    return MountOnFile(
        features, image,
        Error(ErrorKind::kUnsupported, "no_loop_device", "no loop device can be had"));
  Result<LoopDevice> loop = LoopDevice::Attach(
      image.fd(), "powernode sha256_" + image.digest().Hex().substr(0, kNameDigits));
  if (loop) return MountErofs(loop->path());  // the mount holds the device from here on
  if (loop.error().code() != "no_loop_device") return std::move(loop).error();
  return MountOnFile(features, image, std::move(loop).error());
}

Result<Fd> MountChecked(const KernelFeatures& features, const LayerJob& job) {
  ASSIGN_OR_RETURN(Fd mount, MountImage(features, *job.image));
  RETURN_IF_ERROR(CheckRootNames(job.format, job.image->fd(), mount));
  return mount;
}

// A layer that was there before may have been mounted by an agent that knew less.
Status CheckAgain(const Paths& paths, const LayerJob& job) {
  ASSIGN_OR_RETURN(const Fd root,
                   Open(LayerPath(paths, job.image->digest()), O_PATH | O_DIRECTORY));
  return CheckRootNames(job.format, job.image->fd(), root);
}

// Answers in the order of `jobs`; each is a mount that is attached nowhere.
std::vector<Result<Fd>> MountDetached(const KernelFeatures& features,
                                      std::span<const LayerJob> jobs) {
  std::vector<Result<Fd>> mounts;
  mounts.reserve(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) mounts.emplace_back(Fd());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < jobs.size(); i = next++)
      mounts[i] = MountChecked(features, jobs[i]);
  };
  std::vector<std::jthread> helpers;
  for (std::size_t i = 1; i < std::min(kThreads, jobs.size()); ++i) helpers.emplace_back(work);
  work();
  helpers.clear();
  return mounts;
}

Status Attach(const std::string& path, const Fd& mount, MountUndo& undo) {
  if (::mkdir(path.c_str(), 0755) == 0) {
    undo.RecordDirectory(path);
  } else if (errno != EEXIST) {
    return SystemError("make " + path, errno);
  }
  RETURN_IF_ERROR(AttachMount(mount, path));
  return undo.RecordMount(path);
}

// Somebody may have mounted the same image in the meantime; then there is nothing to complain about
// (MO-10).
Status LookAgain(const Paths& paths, const verify::VerifiedImage& image, Error error) {
  const Result<MountTable> table = MountTable::Read();
  if (!table) return std::move(error).AlsoFailed(table.error());
  const Result<bool> mounted = IsMounted(paths, *table, image);
  if (mounted && *mounted) return Ok();
  return error;
}

}  // namespace

std::string LayerPath(const Paths& paths, const verify::BlobDigest& digest) {
  return JoinPath(paths.layers, digest.Hex().substr(0, kNameDigits));
}

Result<std::vector<LayerOrigin>> MountLayers(const Paths& paths, const KernelFeatures& features,
                                             const MountTable& table,
                                             std::span<const LayerJob> jobs, MountUndo& undo) {
  std::vector<LayerOrigin> origins(jobs.size(), LayerOrigin::kReused);
  std::vector<LayerJob> missing;
  std::set<verify::BlobDigest> seen;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (!seen.insert(jobs[i].image->digest()).second) continue;
    ASSIGN_OR_RETURN_CONTEXT(const bool mounted, IsMounted(paths, table, *jobs[i].image),
                             "mount module " + jobs[i].name);
    if (mounted) {
      RETURN_IF_ERROR_CONTEXT(CheckAgain(paths, jobs[i]), "mount module " + jobs[i].name);
      continue;
    }
    origins[i] = LayerOrigin::kMounted;
    missing.push_back(jobs[i]);
  }

  std::vector<Result<Fd>> mounts = MountDetached(features, missing);
  for (std::size_t i = 0; i < missing.size(); ++i) {
    const verify::VerifiedImage& image = *missing[i].image;
    // Refused is refused, whoever may have mounted it meanwhile.
    if (!mounts[i] && mounts[i].error().kind() == ErrorKind::kRefuted)
      return std::move(mounts[i]).error().WithContext("mount module " + missing[i].name);
    Status attached = mounts[i] ? Attach(LayerPath(paths, image.digest()), *mounts[i], undo)
                                : Status(std::move(mounts[i]).error());
    if (!attached)
      RETURN_IF_ERROR_CONTEXT(LookAgain(paths, image, std::move(attached).error()),
                              "mount module " + missing[i].name);
  }
  return origins;
}

}  // namespace powernode::mount
