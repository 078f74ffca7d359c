#include "mount/hidden_names.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <ctime>
#include <string_view>
#include <utility>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/composefs/image_reader.h"

namespace powernode::mount {
namespace {

using composefs::Entry;
using composefs::Node;
using composefs::NodeId;
using composefs::Tree;

// Stands, whole, in every image that stores a whiteout or an opaque directory.
constexpr std::string_view kEscaped = "overlay.overlay.";
constexpr const char* kOpaque = "trusted.overlay.opaque";

Result<bool> HasEscapedAttributes(const Fd& image, std::uint64_t image_bytes) {
  constexpr std::size_t kPiece = std::size_t{64} << 10;
  std::string piece(kPiece + kEscaped.size() - 1, '\0');  // pieces overlap by almost a name
  for (std::uint64_t offset = 0; offset < image_bytes; offset += kPiece) {
    ASSIGN_OR_RETURN(const std::size_t have,
                     Pread(image, std::as_writable_bytes(std::span(piece)), offset));
    if (std::string_view(piece).substr(0, have).find(kEscaped) != std::string_view::npos)
      return true;
  }
  return false;
}

Result<std::vector<std::byte>> ReadWhole(const Fd& image, std::uint64_t image_bytes) {
  if (image_bytes > composefs::kMaxImageBytes)
    return Error(ErrorKind::kInvalid, "image_too_large",
                 "the image has " + std::to_string(image_bytes) + " bytes of metadata");
  std::vector<std::byte> bytes(image_bytes);
  std::size_t have = 0;
  while (have < bytes.size()) {
    ASSIGN_OR_RETURN(const std::size_t count, Pread(image, std::span(bytes).subspan(have), have));
    if (count == 0) return Error(ErrorKind::kCannotTell, "unreadable", "the image ends early");
    have += count;
  }
  return bytes;
}

bool IsOpaque(const Node& node) {
  return std::ranges::any_of(node.attributes, [](const composefs::Attribute& attribute) {
    return attribute.name == kOpaque && attribute.value == "y";
  });
}

Node MetadataOf(const Node& node) {
  Node metadata = node;
  metadata.entries.clear();
  return metadata;
}

HiddenNames Collect(const Tree& tree) {
  HiddenNames hidden;
  struct Place {
    NodeId directory;
    std::string path;
    std::size_t above;  // its directory's place
  };
  std::vector<Place> places = {{.directory = tree.root(), .path = "", .above = 0}};
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Node& directory = tree.at(places[i].directory);
    for (const Entry& entry : directory.entries) {
      const Node& node = tree.at(entry.node);
      const std::string path = JoinPath(places[i].path, entry.name);
      if (node.IsDirectory()) {
        if (IsOpaque(node)) hidden.opaque.push_back(path);
        places.push_back({.directory = entry.node, .path = path, .above = i});
      } else if (node.IsWhiteout()) {
        hidden.whiteouts.push_back(path);
        for (std::size_t above = i; above != 0; above = places[above].above)
          hidden.directories.try_emplace(places[above].path,
                                         MetadataOf(tree.at(places[above].directory)));
      }
    }
  }
  return hidden;
}

Status CopyMetadata(const std::string& path, const Node& node) {
  if (::lchown(path.c_str(), node.uid, node.gid) < 0) return SystemError("chown " + path, errno);
  if (::chmod(path.c_str(), node.mode & 07777) < 0) return SystemError("chmod " + path, errno);
  for (const composefs::Attribute& attribute : node.attributes) {
    // These are about the overlay that the module was taken from.
    if (attribute.name.starts_with("trusted.overlay.") ||
        attribute.name.starts_with("user.overlay."))
      continue;
    if (::lsetxattr(path.c_str(), attribute.name.c_str(), attribute.value.data(),
                    attribute.value.size(), 0) < 0)
      return SystemError("set " + attribute.name + " of " + path, errno);
  }
  return Ok();
}

Status SetTime(const std::string& path, const Node& node) {
  const std::array<struct timespec, 2> times = {
      {{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
       {.tv_sec = static_cast<time_t>(node.mtime.seconds),
        .tv_nsec = static_cast<long>(node.mtime.nanoseconds)}}};
  if (::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) < 0)
    return SystemError("set the time of " + path, errno);
  return Ok();
}

}  // namespace

Result<HiddenNames> FindHiddenNames(const Fd& image, std::uint64_t image_bytes) {
  ASSIGN_OR_RETURN(const bool any, HasEscapedAttributes(image, image_bytes));
  if (!any) return HiddenNames{};
  ASSIGN_OR_RETURN(const std::vector<std::byte> bytes, ReadWhole(image, image_bytes));
  ASSIGN_OR_RETURN(const Tree tree, composefs::ReadImage(bytes));
  return Collect(tree);
}

Status WriteWhiteouts(const std::string& directory, const HiddenNames& hidden) {
  RETURN_IF_ERROR(MakeDirectories(directory, 0755));
  for (const auto& [path, node] : hidden.directories) {  // a directory sorts before what is in it
    const std::string place = JoinPath(directory, path);
    RETURN_IF_ERROR(MakeDirectories(place, 0700));
    RETURN_IF_ERROR(CopyMetadata(place, node));
  }
  for (const std::string& path : hidden.whiteouts) {
    const std::string place = JoinPath(directory, path);
    if (::mknod(place.c_str(), S_IFCHR, makedev(0, 0)) < 0)
      return SystemError("make the whiteout " + place, errno);
  }
  for (const auto& [path, node] : hidden.directories)
    RETURN_IF_ERROR(SetTime(JoinPath(directory, path), node));
  return Ok();
}

Status WriteOpaque(const std::string& directory, const HiddenNames& hidden) {
  RETURN_IF_ERROR(MakeDirectories(directory, 0755));
  for (const std::string& path : hidden.opaque) {
    const std::string place = JoinPath(directory, path);
    RETURN_IF_ERROR(MakeDirectories(place, 0755));
    if (::lsetxattr(place.c_str(), kOpaque, "y", 1, 0) < 0)
      return SystemError("make " + place + " opaque", errno);
  }
  return Ok();
}

}  // namespace powernode::mount
