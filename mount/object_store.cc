#include "mount/object_store.h"

#include <sys/stat.h>

#include <cerrno>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/object_listing.h"

namespace powernode::mount {

std::string ObjectStore::NameOf(const verify::ObjectVerity& digest) {
  return digest.Hex().insert(2, "/");
}

std::string ObjectStore::PathOf(const verify::ObjectVerity& digest) const {
  return JoinPath(directory_, NameOf(digest));
}

Status ObjectStore::Prepare() const {
  RETURN_IF_ERROR_CONTEXT(MakeDirectories(directory_, 0755), "prepare the object store");
  return Ok();
}

Result<std::optional<std::uint64_t>> ObjectStore::SizeOf(const verify::ObjectVerity& digest) const {
  const Result<struct stat> info = Lstat(PathOf(digest));
  if (!info) {
    if (info.error().kind() == ErrorKind::kNotFound) return std::optional<std::uint64_t>();
    return info.error().WithContext("look for an object");
  }
  if (!S_ISREG(info->st_mode) || info->st_size == 0) return std::optional<std::uint64_t>();
  return std::optional(static_cast<std::uint64_t>(info->st_size));
}

Result<bool> ObjectStore::Has(const verify::ObjectVerity& digest) const {
  ASSIGN_OR_RETURN(const std::optional<std::uint64_t> size, SizeOf(digest));
  return size.has_value();
}

Result<std::vector<NeededObject>> ObjectStore::Missing(std::span<const NeededObject> wanted) const {
  std::vector<NeededObject> missing;
  for (const NeededObject& object : wanted) {
    ASSIGN_OR_RETURN(const std::optional<std::uint64_t> size, SizeOf(object.digest));
    if (size != object.size) missing.push_back(object);
  }
  return missing;
}

Result<std::vector<NeededObject>> ObjectStore::List() const {
  ASSIGN_OR_RETURN(const ObjectListing listing, ListStore(*this));
  std::vector<NeededObject> objects;
  objects.reserve(listing.objects.size());
  for (const StoredObject& stored : listing.objects) objects.push_back(stored.object);
  return objects;
}

Status ObjectStore::Remove(const verify::ObjectVerity& digest) const {
  Status removed = Unlink(PathOf(digest));
  if (!removed && removed.error().kind() != ErrorKind::kNotFound)
    return std::move(removed).error().WithContext("remove an object");
  return Ok();
}

}  // namespace powernode::mount
