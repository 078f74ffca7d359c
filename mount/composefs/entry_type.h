// A directory entry's file type as EROFS spells it (spec "composefs image", section 9.6).
#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace powernode::mount::composefs {

// 0 for a mode without one of the seven types.
constexpr std::uint8_t EntryType(std::uint32_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return 1;
    case S_IFDIR:
      return 2;
    case S_IFCHR:
      return 3;
    case S_IFBLK:
      return 4;
    case S_IFIFO:
      return 5;
    case S_IFSOCK:
      return 6;
    case S_IFLNK:
      return 7;
    default:
      return 0;
  }
}

}  // namespace powernode::mount::composefs
