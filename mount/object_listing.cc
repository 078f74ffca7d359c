#include "mount/object_listing.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::mount {
namespace {

constexpr std::size_t kDirectoryDigits = 2;
constexpr std::size_t kFileDigits = 62;
constexpr std::uint64_t kSectorBytes = 512;  // what st_blocks counts

bool IsLowerHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
  });
}

class Lister {
 public:
  explicit Lister(const ObjectStore& store) : store_(store) {}

  Result<ObjectListing> Run() {
    Result<std::vector<std::string>> names = ListDirectory(store_.directory());
    if (!names) {
      if (names.error().kind() == ErrorKind::kNotFound) return std::move(listing_);
      return std::move(names).error();
    }
    for (const std::string& name : *names) {
      if (name.size() == kDirectoryDigits && IsLowerHex(name)) {
        RETURN_IF_ERROR(AddDirectory(name));
      } else {
        (name.starts_with(kIncomingPrefix) ? listing_.incoming : listing_.foreign).push_back(name);
      }
    }
    return std::move(listing_);
  }

 private:
  Status AddDirectory(const std::string& directory) {
    const std::string path = JoinPath(store_.directory(), directory);
    Result<Fd> fd = Open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!fd) {
      if (fd.error().kind() == ErrorKind::kNotFound) return Ok();
      const int failed = fd.error().system_errno();
      if (failed != ENOTDIR && failed != ELOOP) return std::move(fd).error();
      listing_.foreign.push_back(directory);
      return Ok();
    }
    ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDirectory(path));
    for (const std::string& name : names) RETURN_IF_ERROR(AddFile(*fd, directory, name));
    return Ok();
  }

  Status AddFile(const Fd& fd, const std::string& directory, const std::string& name) {
    struct stat info {};
    if (::fstatat(fd.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) < 0) {
      if (errno == ENOENT) return Ok();
      return SystemError("stat " + JoinPath(directory, name), errno);
    }
    const bool named = name.size() == kFileDigits && IsLowerHex(name);
    const Result<verify::ObjectVerity> digest = verify::ObjectVerity::Parse(directory + name);
    if (!named || !digest || !S_ISREG(info.st_mode)) {
      listing_.foreign.push_back(JoinPath(directory, name));
      return Ok();
    }
    listing_.objects.push_back(
        {.object = {.digest = *digest, .size = static_cast<std::uint64_t>(info.st_size)},
         .mtime = info.st_mtime,
         .allocated = static_cast<std::uint64_t>(info.st_blocks) * kSectorBytes});
    return Ok();
  }

  const ObjectStore& store_;
  ObjectListing listing_;
};

}  // namespace

Result<ObjectListing> ListStore(const ObjectStore& store) {
  Result<ObjectListing> listing = Lister(store).Run();
  if (!listing) return std::move(listing).error().WithContext("list the object store");
  return listing;
}

}  // namespace powernode::mount
