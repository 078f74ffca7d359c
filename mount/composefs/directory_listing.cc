#include "mount/composefs/directory_listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <string_view>

namespace powernode::mount::composefs {
namespace {

constexpr std::size_t kEntriesBytes = 32 * 1024;

// File systems that do not say it with the name are asked.
Result<unsigned char> TypeOf(const Fd& directory, const dirent64& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type;
  struct stat info {};
  if (::fstatat(directory.get(), entry.d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    return SystemError("stat " + std::string(entry.d_name), errno);
  return static_cast<unsigned char>(IFTODT(info.st_mode));
}

}  // namespace

Result<std::vector<ListedName>> ListDirectoryNames(const Fd& directory) {
  std::vector<ListedName> names;
  alignas(dirent64) std::array<char, kEntriesBytes> buffer;
  for (;;) {
    const ssize_t size = ::getdents64(directory.get(), buffer.data(), buffer.size());
    if (size < 0) return SystemError("list", errno);
    if (size == 0) break;
    for (ssize_t at = 0; at < size;) {
      const auto& entry = *reinterpret_cast<const dirent64*>(buffer.data() + at);
      at += entry.d_reclen;
      const std::string_view name = entry.d_name;
      if (name == "." || name == "..") continue;
      ASSIGN_OR_RETURN(const unsigned char type, TypeOf(directory, entry));
      names.push_back({std::string(name), type});
    }
  }
  std::sort(names.begin(), names.end(),
            [](const ListedName& a, const ListedName& b) { return a.name < b.name; });
  return names;
}

}  // namespace powernode::mount::composefs
