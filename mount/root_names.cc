#include "mount/root_names.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/encoding.h"
#include "agent/base/syscalls.h"

namespace powernode::mount {
namespace {

constexpr std::uint64_t kBlock = 4096;
constexpr std::uint64_t kSuperBlock = 1024;
constexpr std::uint64_t kInodeSlot = 32;  // a node number counts these
constexpr std::size_t kInodeHead = 24;  // what compact and extended inodes have in common, and ino
constexpr std::size_t kEntryBytes = 12;
constexpr std::uint64_t kMaxRootBytes = std::uint64_t{1} << 20;
constexpr std::size_t kWindow = std::size_t{64} << 10;

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

bool IsReserved(std::string_view name) { return IsLowerHex(name, 2); }

// Little-endian fields of a file, read in large pieces, since the inodes of a root's entries lie
// side by side.
class Bytes {
 public:
  explicit Bytes(const Fd& file) : file_(file) {}

  // nullopt beyond the end.
  std::optional<std::string_view> At(std::uint64_t offset, std::size_t count) {
    if (offset < start_ || offset - start_ > window_.size() ||
        window_.size() - (offset - start_) < count) {
      if (!Load(offset, std::max(count, kWindow)) || window_.size() < count) return std::nullopt;
    }
    return std::string_view(window_).substr(offset - start_, count);
  }

 private:
  bool Load(std::uint64_t offset, std::size_t count) {
    window_.resize(count);
    const Result<std::size_t> have =
        Pread(file_, std::as_writable_bytes(std::span(window_)), offset);
    window_.resize(have ? *have : 0);
    start_ = offset;
    return have.ok();
  }

  const Fd& file_;
  std::string window_;
  std::uint64_t start_ = 0;
};

std::uint64_t Number(std::string_view bytes, std::size_t offset, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = width; i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[offset + i]);
  return value;
}

// An inode's head; nullopt beyond the end, or of a form that is not known here.
struct Inode {
  std::uint64_t place = 0;
  bool extended = false;
  bool inline_tail = false;
  std::uint64_t mode = 0;
  std::uint64_t size = 0;
  std::uint64_t attribute_bytes = 0;
  std::uint64_t address = 0;  // of the first block; a device's number
};

std::optional<Inode> ReadInode(Bytes& bytes, std::uint64_t place) {
  const std::optional<std::string_view> head = bytes.At(place, kInodeHead);
  if (!head) return std::nullopt;
  const std::uint64_t format = Number(*head, 0, 2);
  constexpr std::uint64_t kFlat = 0;
  constexpr std::uint64_t kFlatInline = 2;
  const std::uint64_t layout = format >> 1;
  if (layout != kFlat && layout != kFlatInline) return std::nullopt;
  const std::uint64_t attributes = Number(*head, 2, 2);
  const bool extended = (format & 1) != 0;
  return Inode{.place = place,
               .extended = extended,
               .inline_tail = layout == kFlatInline,
               .mode = Number(*head, 4, 2),
               .size = Number(*head, 8, extended ? 8 : 4),
               .attribute_bytes = attributes == 0 ? 0 : 12 + 4 * (attributes - 1),
               .address = Number(*head, 16, 4)};
}

bool IsWhiteout(const std::optional<Inode>& inode) {
  return inode && S_ISCHR(inode->mode) && inode->address == 0;
}

// The image's metadata, in which node numbers are places.
struct Metadata {
  Bytes& bytes;
  std::uint64_t start = 0;

  std::optional<Inode> At(std::uint64_t number) const {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
    if (number > kMost) return std::nullopt;
    return ReadInode(bytes, start + number * kInodeSlot);
  }
};

// One block of a directory: records, then their names (spec "composefs image", section 9.6).
bool BlockIsFree(const Metadata& metadata, std::string_view block) {
  if (block.size() < kEntryBytes) return false;
  const std::size_t names = Number(block, 8, 2);
  if (names % kEntryBytes != 0 || names == 0 || names > block.size()) return false;
  for (std::size_t record = 0; record < names; record += kEntryBytes) {
    const std::size_t begin = Number(block, record + 8, 2);
    const std::size_t next = record + kEntryBytes;
    const std::size_t end = next < names ? Number(block, next + 8, 2) : block.size();
    if (begin < names || end < begin || end > block.size()) return false;
    // The kernel's comparison ends at a zero byte, wherever it is.
    const std::string_view field = block.substr(begin, end - begin);
    const std::string_view name = field.substr(0, field.find('\0'));
    if (IsReserved(name) && !IsWhiteout(metadata.At(Number(block, record, 8)))) return false;
  }
  return true;
}

}  // namespace

bool ShowsFreeRootNames(const Fd& image) {
  Bytes inodes(image);
  const std::optional<std::string_view> super = inodes.At(kSuperBlock, 128);
  constexpr std::size_t kIncompatible = 80;
  if (!super || Number(*super, kIncompatible, 4) != 0) return false;
  const std::uint64_t root_number = Number(*super, 14, 2);
  const Metadata metadata{.bytes = inodes, .start = Number(*super, 40, 4) * kBlock};
  const std::optional<Inode> root = metadata.At(root_number);
  if (!root || !S_ISDIR(root->mode) || root->size == 0 || root->size > kMaxRootBytes) return false;

  // The data: blocks side by side, the last one behind the inode if it is stored there.
  Bytes data(image);
  for (std::uint64_t done = 0; done < root->size; done += kBlock) {
    const std::uint64_t count = std::min(kBlock, root->size - done);
    const bool in_tail = root->inline_tail && done + count == root->size;
    const std::uint64_t place =
        in_tail ? root->place + (root->extended ? 64 : 32) + root->attribute_bytes
                : root->address * kBlock + done;
    const std::optional<std::string_view> block = data.At(place, count);
    if (!block || !BlockIsFree(metadata, *block)) return false;
  }
  return true;
}

Status CheckRootNames(ImageFormat format, const Fd& image, const Fd& root) {
  if (format == ImageFormat::kComposefs && ShowsFreeRootNames(image)) return Ok();

  ASSIGN_OR_RETURN(Fd directory, OpenAt(root, ".", O_RDONLY | O_DIRECTORY));
  const std::unique_ptr<DIR, DirectoryCloser> stream(::fdopendir(directory.get()));
  if (!stream) return SystemError("list the image's root", errno);
  (void)directory.Release();
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    if (!IsReserved(entry->d_name)) continue;
    struct stat info {};
    if (::fstatat(::dirfd(stream.get()), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0)
      return SystemError(std::string("stat \"") + entry->d_name + "\" in the image's root", errno);
    if (!S_ISCHR(info.st_mode) || info.st_rdev != 0)
      return Error(ErrorKind::kRefuted, "reserved_name",
                   std::string("its root has an entry \"") + entry->d_name +
                       "\": names of two lower-case hex digits are kept for the folders of the "
                       "object store; rename it and sign the image again");
    errno = 0;
  }
  if (errno != 0) return SystemError("list the image's root", errno);
  return Ok();
}

}  // namespace powernode::mount
