#include "mount/composefs/file_keeper.h"

#include <algorithm>
#include <string>
#include <utility>

#include "agent/base/syscalls.h"
#include "mount/object_batch.h"
#include "verify/fsverity_measure.h"

namespace powernode::mount::composefs {
namespace {

using verify::kFsVerityBlockBytes;
using verify::ObjectVerity;

// Files and their digests' tree stay in a core's own cache.
constexpr std::size_t kSmallFileBytes = 256 * 1024;
constexpr std::size_t kBufferBytes = kSmallFileBytes + kFsVerityBlockBytes;
constexpr std::size_t kCopyBytes = 1024 * 1024;

Error FileChanged() {
  return Error(ErrorKind::kCannotTell, "file_changed",
               "it changed while it was read: pack a tree that nobody writes to");
}

void NameObject(Node& node, const ObjectVerity& digest) {
  node.payload = ObjectStore::NameOf(digest);
  node.digest = digest;
}

// Room for one byte more than the file should have says whether it has grown.
Status ReadWhole(const Fd& fd, std::span<std::byte> into, std::uint64_t size) {
  std::size_t done = 0;
  while (done <= size) {
    ASSIGN_OR_RETURN(const std::size_t count, Read(fd, into.subspan(done, size + 1 - done)));
    if (count == 0) break;
    done += count;
  }
  return done == size ? Ok() : FileChanged();
}

// A second pass, for an object that the store does not have.
Status Store(const Fd& fd, const NeededObject& object, ObjectBatch& objects,
             const std::stop_token& stop) {
  ASSIGN_OR_RETURN(ObjectBatch::Writer writer, objects.Open(object));
  std::vector<std::byte> buffer(std::min<std::uint64_t>(kCopyBytes, object.size));
  for (std::uint64_t offset = 0; offset < object.size;) {
    if (stop.stop_requested())
      return Error(ErrorKind::kUnavailable, "cancelled", "storing it was stopped");
    const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), object.size - offset);
    ASSIGN_OR_RETURN(const std::size_t count, Pread(fd, std::span(buffer).first(wanted), offset));
    if (count == 0) return FileChanged();
    RETURN_IF_ERROR(writer.Write(std::span(buffer).first(count)));
    offset += count;
  }
  Status status = std::move(writer).Finish();
  if (!status && status.error().kind() == ErrorKind::kRefuted) return FileChanged();
  return status;
}

}  // namespace

FileKeeper::FileKeeper(ObjectBatch* objects) : objects_(objects), buffer_(kBufferBytes) {}

Status FileKeeper::Keep(const Fd& fd, Node& node, std::size_t threads,
                        const std::stop_token& stop) {
  return node.size <= kSmallFileBytes ? KeepSmall(fd, node) : KeepLarge(fd, node, threads, stop);
}

Status FileKeeper::KeepSmall(const Fd& fd, Node& node) {
  if (node.size == 0) return Ok();
  if (used_ + node.size + 1 > buffer_.size()) Flush();
  const std::span<std::byte> room = std::span(buffer_).subspan(used_);
  RETURN_IF_ERROR(ReadWhole(fd, room, node.size));
  const std::span<const std::byte> bytes = room.first(node.size);
  if (node.size <= kMaxInlineBytes) {
    node.content.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return Ok();
  }
  if (objects_ != nullptr) {
    ASSIGN_OR_RETURN(const NeededObject object, objects_->Add(bytes));
    NameObject(node, object.digest);
    return Ok();
  }
  const std::size_t padded =
      (node.size + kFsVerityBlockBytes - 1) / kFsVerityBlockBytes * kFsVerityBlockBytes;
  const std::span<std::byte> padding = room.subspan(node.size, padded - node.size);
  std::fill(padding.begin(), padding.end(), std::byte{0});
  used_ += padded;
  waiting_.push_back(&node);
  sizes_.push_back(node.size);
  return Ok();
}

void FileKeeper::Flush() {
  if (waiting_.empty()) return;
  const std::vector<verify::FsVerityDigest> digests =
      hash_.Hash(std::span(buffer_).first(used_), sizes_);
  for (std::size_t i = 0; i < waiting_.size(); ++i)
    NameObject(*waiting_[i], ObjectVerity(digests[i]));
  waiting_.clear();
  sizes_.clear();
  used_ = 0;
}

Status FileKeeper::KeepLarge(const Fd& fd, Node& node, std::size_t threads,
                             const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const verify::FsVerityDigest digest,
                   verify::ComputeFsVerity(fd, {.threads = threads}, stop));
  ASSIGN_OR_RETURN(const struct stat measured, Fstat(fd));
  if (static_cast<std::uint64_t>(measured.st_size) != node.size) return FileChanged();
  const NeededObject object{.digest = ObjectVerity(digest), .size = node.size};
  NameObject(node, object.digest);
  if (objects_ == nullptr) return Ok();
  ASSIGN_OR_RETURN(const bool there, objects_->Has(object.digest));
  return there ? Ok() : Store(fd, object, *objects_, stop);
}

}  // namespace powernode::mount::composefs
