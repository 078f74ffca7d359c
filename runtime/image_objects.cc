#include "runtime/image_objects.h"

#include <utility>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/blob_store.h"
#include "mount/composefs/image_reader.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kHeadBytes = 64;

}  // namespace

Result<std::optional<std::vector<mount::NeededObject>>> ObjectsOfImage(
    const Paths& paths, const verify::BlobDigest& blob) {
  std::optional<std::vector<mount::NeededObject>> none;
  ASSIGN_OR_RETURN(const std::optional<Fd> fd, mount::BlobStore(paths, 0).Open(blob));
  if (!fd) return none;
  std::vector<std::byte> head(kHeadBytes);
  ASSIGN_OR_RETURN(const std::size_t count, Pread(*fd, head, 0));
  if (count < kHeadBytes || !mount::composefs::IsComposefs(head)) return none;
  ASSIGN_OR_RETURN(const std::string image, ReadFd(*fd, mount::composefs::kMaxImageBytes));
  ASSIGN_OR_RETURN(std::vector<mount::NeededObject> objects,
                   mount::composefs::ListObjects(AsBytes(image)));
  return std::optional(std::move(objects));
}

}  // namespace powernode::runtime
