#include "mount/composefs/tree_rules.h"

#include <sys/stat.h>

#include "agent/base/printable.h"

namespace powernode::mount::composefs {
namespace {

constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxPayload = 4095;
constexpr std::size_t kMaxAttributeValue = 65535;
constexpr std::uint32_t kModeBits = 0177777;
constexpr std::uint32_t kNanoseconds = 1'000'000'000;
constexpr std::size_t kShownBytes = 80;

bool HoldsNul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

std::string HasBytes(std::string_view what, std::uint64_t bytes, std::uint64_t most) {
  return std::string(what) + " has " + std::to_string(bytes) + " bytes, " + std::to_string(most) +
         " are the most";
}

Status CheckMode(std::uint32_t mode) {
  if ((mode & ~kModeBits) != 0) return BadTree("the mode has bits above 0177777");
  switch (mode & S_IFMT) {
    case S_IFREG:
    case S_IFDIR:
    case S_IFLNK:
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
      return Ok();
    case 0:
      return BadTree("the mode has no file type, such as 0100000 for a regular file");
    default:
      return BadTree("the mode has an unknown file type");
  }
}

// The kernel refuses the first two, and the third would name a file outside of the store.
Status CheckObjectPath(std::string_view path) {
  if (path.empty()) return Ok();
  if (path.front() == '/') return BadTree("the payload (an object's path) begins with a slash");
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty()) return BadTree("the payload (an object's path) has an empty component");
    if (part == "..") return BadTree("the payload (an object's path) has the component ..");
    if (slash == std::string_view::npos) return Ok();
    path.remove_prefix(slash + 1);
  }
}

Status CheckRegular(const Node& node) {
  if (node.content.size() > kMaxContent)
    return BadTree(HasBytes("the content", node.content.size(), kMaxContent));
  if (!node.content.empty() && node.content.size() != node.size)
    return BadTree("the content has " + std::to_string(node.content.size()) +
                   " bytes, the size is " + std::to_string(node.size));
  if (!node.IsExternal()) return Ok();
  if (node.size > kMaxExternalSize)
    return BadTree("a file of " + std::to_string(node.size) +
                   " bytes needs more than 1024 chunks (2^53 bytes are the most)");
  if (node.digest && node.digest->digest().algorithm() != verify::FsVerityAlgorithm::kSha256)
    return BadTree("the digest is not SHA-256");
  return node.payload ? CheckObjectPath(*node.payload) : Ok();
}

}  // namespace

std::int64_t AttributeSpace(std::size_t name_bytes, std::size_t value_bytes) {
  return static_cast<std::int64_t>(7 + name_bytes + value_bytes);
}

Status CheckName(std::string_view name) {
  if (name.empty()) return BadTree("the name is empty");
  if (name == "." || name == "..") return BadTree("a file cannot be named " + std::string(name));
  if (name.size() > kMaxName) return BadTree(HasBytes("the name", name.size(), kMaxName));
  if (name.find('/') != std::string_view::npos) return BadTree("the name holds a slash");
  if (HoldsNul(name)) return BadTree("the name holds a zero byte");
  return Ok();
}

Status CheckAttribute(std::string_view name, std::string_view value) {
  if (name.empty()) return BadTree("an attribute has no name");
  if (name.size() > kMaxName)
    return BadTree(HasBytes("the attribute name " + Quoted(name), name.size(), kMaxName));
  if (HoldsNul(name)) return BadTree("an attribute's name holds a zero byte");
  if (value.size() > kMaxAttributeValue)
    return BadTree(HasBytes("the value of " + Quoted(name), value.size(), kMaxAttributeValue));
  return Ok();
}

Status CheckNode(const Node& node) {
  RETURN_IF_ERROR(CheckMode(node.mode));
  if (node.mtime.nanoseconds >= kNanoseconds)
    return BadTree("the mtime has " + std::to_string(node.mtime.nanoseconds) +
                   " nanoseconds, a second or more");
  if (node.payload) {
    const std::string_view what = node.IsSymlink() ? "the target" : "the payload";
    if (node.payload->size() > kMaxPayload)
      return BadTree(HasBytes(what, node.payload->size(), kMaxPayload));
    if (HoldsNul(*node.payload)) return BadTree(std::string(what) + " holds a zero byte");
  }
  if (node.IsSymlink() && (!node.payload || node.payload->empty()))
    return BadTree("the symlink has no target");
  return node.IsRegular() ? CheckRegular(node) : Ok();
}

Error BadTree(std::string message) {
  return Error(ErrorKind::kInvalid, "bad_tree", std::move(message));
}

std::string Quoted(std::string_view text) {
  std::string shown = Printable(text.substr(0, kShownBytes));
  if (text.size() > kShownBytes) shown += "...";
  return "\"" + shown + "\"";
}

}  // namespace powernode::mount::composefs
