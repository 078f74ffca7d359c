// Numbers of the composefs container and of EROFS that writer and reader share (spec "composefs
// image", sections 1 and 9; kernel header fs/erofs/erofs_fs.h).
#pragma once

#include <cstddef>
#include <cstdint>

namespace powernode::mount::composefs {

inline constexpr std::uint64_t kBlockBytes = 4096;
inline constexpr std::uint64_t kSlotBytes = 32;  // what inodes are addressed in

inline constexpr std::uint32_t kComposefsMagic = 0xD078629A;
inline constexpr std::uint32_t kContainerVersion = 1;
inline constexpr std::uint32_t kAclFlag = 1;
inline constexpr std::uint64_t kSuperBlock = 1024;
inline constexpr std::uint64_t kInodeArea = 1152;

inline constexpr std::uint32_t kErofsMagic = 0xE0F5E1E2;
inline constexpr std::uint32_t kCompatibleFeatures = 6;  // mtime, attribute name filter
inline constexpr std::uint8_t kBlockBits = 12;

inline constexpr std::uint64_t kCompactInodeBytes = 32;
inline constexpr std::uint64_t kExtendedInodeBytes = 64;
inline constexpr std::uint16_t kExtendedForm = 1;  // bit 0 of i_format, the data layout above it
enum class DataLayout : std::uint16_t { kFlat = 0, kInlineTail = 2, kChunks = 4 };

inline constexpr std::uint64_t kAttributeBodyHead = 12;  // the filter, a count, zeros

inline constexpr std::uint64_t kDirectoryRecordBytes = 12;

inline constexpr std::uint32_t kMinChunkBits = 12;
inline constexpr std::uint32_t kMaxChunkBits = 43;
inline constexpr std::uint32_t kNoBlock = 0xFFFFFFFF;  // a chunk that is not in the image

constexpr std::uint64_t Align(std::uint64_t value, std::uint64_t to) {
  return (value + to - 1) / to * to;
}

}  // namespace powernode::mount::composefs
