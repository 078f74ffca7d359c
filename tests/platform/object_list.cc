#include "tests/platform/object_list.h"

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

#include "agent/base/syscalls.h"

namespace powernode::platform {
namespace {

constexpr std::size_t kDigits = 64;
constexpr std::size_t kSizeDigits = 20;
constexpr std::size_t kLine = kDigits + 1 + kSizeDigits + 1;

std::string Line(const ListedObject& object) {
  const std::string size = std::to_string(object.size);
  return object.digest + " " + std::string(kSizeDigits - size.size(), '0') + size + "\n";
}

Result<ListedObject> ParseLine(std::string_view line) {
  ListedObject object{.digest = std::string(line.substr(0, kDigits))};
  const std::string_view size = line.substr(kDigits + 1, kSizeDigits);
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), object.size);
  if (error != std::errc() || end != size.data() + size.size())
    return Error(ErrorKind::kInvalid, "bad_object_list",
                 "'" + std::string(line.substr(0, kLine - 1)) + "' is no line of an object list");
  return object;
}

}  // namespace

Status WriteObjectList(const StateDirectory& directory, const std::string& blob_digest,
                       std::vector<ListedObject> objects) {
  std::sort(objects.begin(), objects.end());
  objects.erase(std::unique(objects.begin(), objects.end()), objects.end());
  std::string text;
  text.reserve(objects.size() * kLine);
  for (const ListedObject& object : objects) text += Line(object);
  RETURN_IF_ERROR(MakeDirectories(directory.object_lists(), 0700));
  return WriteFileAtomically(directory.object_list(blob_digest), text, 0600);
}

Result<ObjectList> ObjectList::Open(const StateDirectory& directory,
                                    const std::string& blob_digest) {
  ASSIGN_OR_RETURN(Fd file, powernode::Open(directory.object_list(blob_digest), O_RDONLY));
  ASSIGN_OR_RETURN(const struct stat facts, Fstat(file));
  return ObjectList(std::move(file), static_cast<std::uint64_t>(facts.st_size) / kLine);
}

Result<ListedObject> ObjectList::At(std::uint64_t index) const {
  std::string line(kLine, '\0');
  ASSIGN_OR_RETURN(const std::size_t got,
                   Pread(file_, std::as_writable_bytes(std::span(line)), index * kLine));
  return ParseLine(got == kLine ? line : std::string(kLine, '?'));
}

Result<std::optional<ListedObject>> ObjectList::Find(const std::string& digest) const {
  std::uint64_t first = 0;
  std::uint64_t last = count_;
  while (first < last) {
    const std::uint64_t middle = first + (last - first) / 2;
    ASSIGN_OR_RETURN(ListedObject object, At(middle));
    if (object.digest == digest) return std::optional(std::move(object));
    if (object.digest < digest) {
      first = middle + 1;
    } else {
      last = middle;
    }
  }
  return std::optional<ListedObject>();
}

Result<std::vector<ListedObject>> ObjectList::All() const {
  std::string text(count_ * kLine, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    ASSIGN_OR_RETURN(const std::size_t got,
                     Pread(file_, std::as_writable_bytes(std::span(text).subspan(filled)), filled));
    if (got == 0) break;
    filled += got;
  }
  std::vector<ListedObject> objects;
  objects.reserve(count_);
  for (std::size_t at = 0; at + kLine <= filled; at += kLine) {
    ASSIGN_OR_RETURN(ListedObject object, ParseLine(std::string_view(text).substr(at, kLine)));
    objects.push_back(std::move(object));
  }
  return objects;
}

}  // namespace powernode::platform
