#include "mount/composefs/directory_reader.h"

#include <algorithm>

#include "mount/composefs/image_format.h"

namespace powernode::mount::composefs {
namespace {

std::uint64_t Number(std::string_view bytes, std::size_t offset, unsigned width) {
  std::uint64_t value = 0;
  for (unsigned i = width; i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[offset + i]);
  return value;
}

Error BadNames() { return BadImage("a block of the directory has names where there can be none"); }

class DirectoryReader {
 public:
  explicit DirectoryReader(const std::function<Status(const StoredEntry&)>& take) : take_(take) {}

  Status ReadBlock(std::string_view block);

 private:
  const std::function<Status(const StoredEntry&)>& take_;
  std::string_view last_name_;
};

Status DirectoryReader::ReadBlock(std::string_view block) {
  if (block.size() < kDirectoryRecordBytes) return BadNames();
  const std::uint64_t names = Number(block, 8, 2);
  if (names == 0 || names % kDirectoryRecordBytes != 0 || names > block.size()) return BadNames();
  const std::uint64_t count = names / kDirectoryRecordBytes;
  std::uint64_t name = names;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t record = i * kDirectoryRecordBytes;
    std::uint64_t end = block.size();
    if (i + 1 < count)
      end = Number(block, record + kDirectoryRecordBytes + 8, 2);
    else  // up to the padding
      end = std::min<std::uint64_t>(block.find('\0', name), end);
    if (end <= name || end > block.size()) return BadNames();
    const StoredEntry entry{Number(block, record, 8),
                            static_cast<std::uint8_t>(Number(block, record + 10, 1)),
                            block.substr(name, end - name)};
    if (entry.name <= last_name_)
      return BadImage("the directory's names are not in the order of their bytes");
    last_name_ = entry.name;
    RETURN_IF_ERROR(take_(entry));
    name = end;
  }
  return Ok();
}

}  // namespace

Status ReadDirectory(const ImageView& image, const ImageInode& inode,
                     const std::function<Status(const StoredEntry&)>& take) {
  DirectoryReader reader(take);
  InodeData data = DataOf(image, inode);
  while (!data.blocks.empty()) {
    const std::string_view block = data.blocks.substr(0, kBlockBytes);
    RETURN_IF_ERROR(reader.ReadBlock(block));
    data.blocks.remove_prefix(block.size());
  }
  return data.tail.empty() ? Ok() : reader.ReadBlock(data.tail);
}

}  // namespace powernode::mount::composefs
