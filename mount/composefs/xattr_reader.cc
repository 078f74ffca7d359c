#include "mount/composefs/xattr_reader.h"

#include <linux/limits.h>
#include <sys/xattr.h>

#include <cerrno>
#include <cstring>

namespace powernode::mount::composefs {
namespace {

constexpr std::string_view kUserPrefix = "user.";

}  // namespace

XattrReader::XattrReader(AttributeChoice choice) : choice_(choice) {
  if (choice == AttributeChoice::kNone) return;
  names_.resize(XATTR_LIST_MAX);
  value_.resize(XATTR_SIZE_MAX);
}

template <typename List, typename Get>
Result<std::vector<Attribute>> XattrReader::Read(const List& list, const Get& get) {
  std::vector<Attribute> attributes;
  const ssize_t listed = list(names_.data(), names_.size());
  if (listed < 0 && errno == EOPNOTSUPP) return attributes;
  if (listed < 0) return SystemError("list attributes", errno);
  const char* const end = names_.data() + listed;
  for (const char* name = names_.data(); name < end; name += std::strlen(name) + 1) {
    if (choice_ == AttributeChoice::kUserOnly && !std::string_view(name).starts_with(kUserPrefix))
      continue;
    const ssize_t size = get(name, value_.data(), value_.size());
    if (size < 0 && errno == ENODATA)
      return Error(ErrorKind::kCannotTell, "file_changed",
                   "attribute " + std::string(name) + " went away while it was read");
    if (size < 0) return SystemError("read attribute " + std::string(name), errno);
    attributes.push_back({name, std::string(value_.data(), static_cast<std::size_t>(size))});
  }
  return attributes;
}

Result<std::vector<Attribute>> XattrReader::Of(const Fd& fd) {
  if (choice_ == AttributeChoice::kNone) return std::vector<Attribute>();
  return Read([&](char* names, std::size_t size) { return ::flistxattr(fd.get(), names, size); },
              [&](const char* name, char* value, std::size_t size) {
                return ::fgetxattr(fd.get(), name, value, size);
              });
}

Result<std::vector<Attribute>> XattrReader::OfEntry(const Fd& directory, const char* name) {
  if (choice_ == AttributeChoice::kNone) return std::vector<Attribute>();
  const std::string path = "/proc/self/fd/" + std::to_string(directory.get()) + "/" + name;
  return Read(
      [&](char* names, std::size_t size) { return ::llistxattr(path.c_str(), names, size); },
      [&](const char* attribute, char* value, std::size_t size) {
        return ::lgetxattr(path.c_str(), attribute, value, size);
      });
}

}  // namespace powernode::mount::composefs
