#include "mount/publish_objects.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::mount {
namespace {

using Iterator = PendingObjects::iterator;

std::string DirectoryOfDigits(const verify::ObjectVerity& digest) {
  return DirectoryOf(ObjectStore::NameOf(digest));
}

class Publisher {
 public:
  Publisher(const ObjectStore& store, const Fd& directory, const IncomingDirectory& incoming,
            PendingObjects& pending, PublishedObjects& published)
      : store_(store),
        directory_(directory),
        incoming_(incoming),
        pending_(pending),
        published_(published) {}

  // Objects of one directory stand together: digests are sorted as their names are.
  Status Run() {
    while (!pending_.empty()) {
      const Iterator first = pending_.begin();
      const std::string digits = DirectoryOfDigits(first->first);
      const Iterator end = std::find_if(first, pending_.end(), [&](const auto& object) {
        return DirectoryOfDigits(object.first) != digits;
      });
      ASSIGN_OR_RETURN(const bool together, PublishTogether(digits, first, end));
      if (!together) RETURN_IF_ERROR(PublishEach(first, end));
    }
    return Ok();
  }

 private:
  // False when the store has the directory, or the batch's holds something else.
  Result<bool> PublishTogether(const std::string& digits, Iterator first, Iterator end) {
    struct stat there {};
    if (::fstatat(directory_.get(), digits.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 ||
        errno != ENOENT)
      return false;
    if (!HoldsOnly(digits, first, end)) return false;
    // Another batch may have brought the directory by now (EEXIST), and some file systems cannot
    // be asked not to replace (EINVAL): each object by itself says what is wrong, if anything is.
    if (!Rename(digits, digits, RENAME_NOREPLACE)) return false;
    while (first != end) first = Count(first);
    return true;
  }

  // What a writer could not remove has a digest's name and other bytes: it must not come along.
  // Both are sorted.
  bool HoldsOnly(const std::string& digits, Iterator first, Iterator end) const {
    const Result<std::vector<std::string>> names = ListDirectory(incoming_.PathOf(digits));
    return names && std::equal(first, end, names->begin(), names->end(),
                               [&](const auto& object, const std::string& name) {
                                 return object.second.name == ObjectStore::NameOf(object.first) &&
                                        object.second.name == JoinPath(digits, name);
                               });
  }

  Status PublishEach(Iterator first, Iterator end) {
    while (first != end) {
      ASSIGN_OR_RETURN(const bool added, Publish(first->first, first->second));
      first = added ? Count(first) : pending_.erase(first);
    }
    return Ok();
  }

  Iterator Count(Iterator object) {
    ++published_.objects;
    published_.bytes += object->second.size;
    return pending_.erase(object);
  }

  // True when the object is new in the store.
  Result<bool> Publish(const verify::ObjectVerity& digest, const PendingObject& object) const {
    const std::string name = ObjectStore::NameOf(digest);
    Status renamed = RenameInto(object.name, name, RENAME_NOREPLACE);
    if (renamed) return true;
    switch (renamed.error().system_errno()) {
      case EEXIST: {
        ASSIGN_OR_RETURN(const std::optional<std::uint64_t> size, store_.SizeOf(digest));
        if (size == object.size) {
          RETURN_IF_ERROR(incoming_.Remove(object.name));
          return false;
        }
        break;  // an object that was cut short is no object
      }
      case EINVAL:
        break;  // a file system without RENAME_NOREPLACE: the same bytes take the name
      default:
        return std::move(renamed).error();
    }
    RETURN_IF_ERROR(RenameInto(object.name, name, 0));
    return true;
  }

  Status RenameInto(const std::string& from, const std::string& to, unsigned int flags) const {
    Status renamed = Rename(from, to, flags);
    if (renamed || renamed.error().system_errno() != ENOENT) return renamed;
    const std::string directory = DirectoryOf(to);  // this is its first object
    if (::mkdirat(directory_.get(), directory.c_str(), 0755) < 0 && errno != EEXIST)
      return SystemError("make directory " + directory, errno);
    return Rename(from, to, flags);
  }

  Status Rename(const std::string& from, const std::string& to, unsigned int flags) const {
    if (::renameat2(incoming_.fd().get(), from.c_str(), directory_.get(), to.c_str(), flags) < 0)
      return SystemError("name an object " + to, errno);
    return Ok();
  }

  const ObjectStore& store_;
  const Fd& directory_;
  const IncomingDirectory& incoming_;
  PendingObjects& pending_;
  PublishedObjects& published_;
};

}  // namespace

Status PublishObjects(const ObjectStore& store, const Fd& directory,
                      const IncomingDirectory& incoming, PendingObjects& pending,
                      PublishedObjects& published) {
  return Publisher(store, directory, incoming, pending, published).Run();
}

}  // namespace powernode::mount
