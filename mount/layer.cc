#include "mount/layer.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "agent/base/files.h"
#include "mount/loop_device.h"
#include "mount/mount_api.h"

namespace powernode::mount {
namespace {

constexpr std::size_t kNameDigits = 32;
constexpr std::string_view kDescriptorPath = "/proc/self/fd/";

// What is mounted at the layer's place before we begin.
enum class Existing { kNothing, kSameImage, kOther };

Result<Existing> LookAt(const MountTable& table, const std::string& path,
                        const verify::VerifiedImage& image) {
  const MountEntry* entry = table.FindAt(path);
  if (entry == nullptr) return Existing::kNothing;
  if (entry->fs_type != "erofs" || entry->root != "/") return Existing::kOther;
  if (entry->source.starts_with(kDescriptorPath))
    return Existing::kOther;  // on a file: cannot be asked which
  ASSIGN_OR_RETURN(const bool same, LoopDeviceBacks(entry->source, image.fd()));
  return same ? Existing::kSameImage : Existing::kOther;
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

Status MakeMountpoint(const std::string& path, MountUndo& undo) {
  if (::mkdir(path.c_str(), 0755) == 0) {
    undo.RecordDirectory(path);
    return Ok();
  }
  if (errno == EEXIST) return Ok();
  return SystemError("make " + path, errno);
}

Status MountAnew(const KernelFeatures& features, const verify::VerifiedImage& image,
                 const std::string& path, MountUndo& undo) {
  RETURN_IF_ERROR(MakeMountpoint(path, undo));
  ASSIGN_OR_RETURN(const Fd mount, MountImage(features, image));
  RETURN_IF_ERROR(AttachMount(mount, path));
  return undo.RecordMount(path);
}

}  // namespace

std::string LayerPath(const Paths& paths, const verify::BlobDigest& digest) {
  return JoinPath(paths.layers, digest.Hex().substr(0, kNameDigits));
}

Result<LayerOrigin> MountLayer(const Paths& paths, const KernelFeatures& features,
                               const MountTable& table, const verify::VerifiedImage& image,
                               MountUndo& undo) {
  const std::string path = LayerPath(paths, image.digest());
  ASSIGN_OR_RETURN(const Existing existing, LookAt(table, path, image));
  switch (existing) {
    case Existing::kSameImage:
      return LayerOrigin::kReused;
    case Existing::kOther:
      return Error(ErrorKind::kBusy, "layer_in_use", "something else is mounted at " + path);
    case Existing::kNothing:
      break;
  }

  Status mounted = MountAnew(features, image, path, undo);
  if (mounted) return LayerOrigin::kMounted;

  // Somebody may have mounted the same image in the meantime; then there is nothing to complain
  // about (MO-10).
  Error error = std::move(mounted).error();
  const Result<MountTable> again = MountTable::Read();
  if (!again) return std::move(error).AlsoFailed(again.error());
  const Result<Existing> now = LookAt(*again, path, image);
  if (now && *now == Existing::kSameImage) return LayerOrigin::kReused;
  return error;
}

}  // namespace powernode::mount
