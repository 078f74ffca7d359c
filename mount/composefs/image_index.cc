#include "mount/composefs/image_index.h"

#include "mount/composefs/directory_reader.h"
#include "mount/composefs/entry_type.h"
#include "mount/composefs/image_format.h"

namespace powernode::mount::composefs {
namespace {

constexpr std::uint8_t kDirectoryType = EntryType(S_IFDIR);

}  // namespace

ImageIndex::ImageIndex(const ImageView& image)
    : image_(&image), places_(image.size() / kSlotBytes + 1, kUnmet) {}

Result<ImageIndex> ImageIndex::Make(const ImageView& image) {
  ImageIndex index(image);
  RETURN_IF_ERROR(index.Meet(image.root_nid(), 0));
  if (index.types_[0] != kDirectoryType) return BadImage("the root is not a directory");
  for (std::uint32_t inode = 0; inode < index.size(); ++inode) {
    index.first_entry_.push_back(index.entries_.size());
    if (index.types_[inode] != kDirectoryType) continue;
    const Status read = index.ReadEntries(inode);
    if (!read) return read.error().WithContext("inode " + std::to_string(index.nid(inode)));
  }
  index.first_entry_.push_back(index.entries_.size());
  return index;
}

Result<std::uint32_t> ImageIndex::Meet(std::uint64_t nid, std::uint32_t parent) {
  if (nid >= places_.size()) return BadImage("it names an inode behind the image");
  if (places_[nid] != kUnmet) return places_[nid];
  ASSIGN_OR_RETURN(const ImageInode inode, ReadInode(*image_, nid));
  claimed_ += inode.ClaimedBytes();
  if (claimed_ > image_->size())
    return BadImage("the inodes up to " + std::to_string(nid) +
                    " have more bytes than the image, so that some overlap");
  const std::uint32_t place = static_cast<std::uint32_t>(nids_.size());
  places_[nid] = place;
  nids_.push_back(static_cast<std::uint32_t>(nid));
  parents_.push_back(parent);
  types_.push_back(EntryType(inode.mode));
  return place;
}

Status ImageIndex::ReadEntries(std::uint32_t directory) {
  ASSIGN_OR_RETURN(const ImageInode inode, ReadInode(*image_, nid(directory)));
  unsigned dots = 0;
  RETURN_IF_ERROR(ReadDirectory(*image_, inode, [&](const StoredEntry& entry) -> Status {
    const bool is_dot = entry.name == ".";
    if (!is_dot && entry.name != "..")
      return AddEntry(directory, entry.nid, entry.type, entry.name);
    ++dots;
    const std::uint64_t wanted = is_dot ? nid(directory) : nid(parents_[directory]);
    if (entry.nid == wanted && entry.type == kDirectoryType) return Ok();
    return BadImage(std::string(entry.name) + " names another inode than it must");
  }));
  return dots == 2 ? Ok() : BadImage("the directory lacks . or ..");
}

Status ImageIndex::AddEntry(std::uint32_t directory, std::uint64_t nid, std::uint8_t type,
                            std::string_view name) {
  const std::size_t met = size();
  ASSIGN_OR_RETURN(const std::uint32_t inode, Meet(nid, directory));
  if (types_[inode] != type || type == 0)
    return BadImage("an entry's file type is not that of inode " + std::to_string(nid));
  if (type == kDirectoryType && inode < met)
    return BadImage("the directory at inode " + std::to_string(nid) + " has two names");
  entries_.push_back({name, inode});
  return Ok();
}

}  // namespace powernode::mount::composefs
