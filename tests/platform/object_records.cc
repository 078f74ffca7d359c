#include "tests/platform/object_records.h"

#include <fcntl.h>

#include <algorithm>
#include <cstring>

#include "agent/base/encoding.h"
#include "agent/base/syscalls.h"

namespace powernode::platform {
namespace {

constexpr std::size_t kDigestSize = 32;
constexpr std::size_t kHeadSize = kDigestSize + sizeof(std::uint64_t);

std::string Head(const std::string& digest, std::uint64_t length) {
  std::string head = HexDecode(digest).value_or("");
  head.resize(kDigestSize);
  for (std::size_t i = 0; i < sizeof length; ++i)
    head += static_cast<char>(static_cast<unsigned char>(length >> (8 * i)));
  return head;
}

}  // namespace

std::uint64_t WireSize(const ObjectRecords& records) {
  std::uint64_t size = records.ended ? kHeadSize : 0;
  for (const ObjectRecord& record : records.records) size += kHeadSize + record.size;
  return size;
}

void InvertByte(std::span<std::byte> bytes, std::uint64_t offset,
                std::optional<std::uint64_t> byte) {
  if (byte && *byte >= offset && *byte - offset < bytes.size())
    bytes[*byte - offset] = ~bytes[*byte - offset];
}

ObjectRecordReader::ObjectRecordReader(ObjectRecords records) : records_(std::move(records)) {}

Result<std::size_t> ObjectRecordReader::Read(std::span<std::byte> buffer) {
  if (head_.empty() && current_ == nullptr) BeginRecord();
  if (head_.empty()) return current_ != nullptr ? ReadObject(buffer) : Result<std::size_t>(0);
  const std::size_t size = std::min(head_.size(), buffer.size());
  std::memcpy(buffer.data(), head_.data(), size);
  head_.erase(0, size);
  return size;
}

// Leaves no head and no record when the body has ended.
void ObjectRecordReader::BeginRecord() {
  if (next_ < records_.records.size()) {
    current_ = &records_.records[next_];
    head_ = Head(current_->digest,
                 current_->size + static_cast<std::uint64_t>(current_->add_to_length));
  } else if (next_ == records_.records.size() && records_.ended) {
    head_ = Head("", 0);
  }
  ++next_;
  offset_ = 0;
}

Result<std::size_t> ObjectRecordReader::ReadObject(std::span<std::byte> buffer) {
  if (offset_ == 0) {
    ASSIGN_OR_RETURN(file_, Open(current_->path, O_RDONLY | O_CLOEXEC));
  }
  const std::uint64_t left = current_->size - offset_;
  if (left == 0) {
    current_ = nullptr;
    return Read(buffer);
  }
  const std::span<std::byte> wanted =
      buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size())));
  ASSIGN_OR_RETURN(const std::size_t got, Pread(file_, wanted, offset_));
  if (got == 0)
    return Error(ErrorKind::kRefuted, "object_too_short",
                 current_->path + " has lost bytes since it was published");
  InvertByte(wanted.first(got), offset_, current_->inverted_byte);
  offset_ += got;
  if (offset_ == current_->size) current_ = nullptr;
  return got;
}

}  // namespace powernode::platform
