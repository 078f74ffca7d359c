#include "tests/platform/object_import.h"

#include <sys/stat.h>

#include "agent/base/encoding.h"
#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "tests/platform/copy_file.h"
#include "tests/platform/fsverity.h"

namespace powernode::platform {
namespace {

Result<std::uint64_t> SizeOf(const std::string& path) {
  ASSIGN_OR_RETURN(const struct stat facts, Stat(path));
  return static_cast<std::uint64_t>(facts.st_size);
}

Status CheckAllThere(const StateDirectory& directory, std::span<const ListedObject> wanted,
                     const ObjectFiles& files) {
  std::size_t missing = 0;
  std::string names;
  for (const ListedObject& object : wanted) {
    if (files.contains(object.digest) || Exists(directory.object(object.digest))) continue;
    ++missing;
    names += "\n  " + object.digest + " (" + std::to_string(object.size) + " bytes)";
  }
  if (missing == 0) return Ok();
  return Error(ErrorKind::kRefuted, "objects_missing",
               std::to_string(missing) + " of " + std::to_string(wanted.size()) +
                   " objects that the image needs are missing, give --objects DIR:" + names);
}

Status ImportObject(const StateDirectory& directory, const ListedObject& object,
                    const std::string& from) {
  const std::string path = directory.object(object.digest);
  RETURN_IF_ERROR(MakeDirectories(DirectoryOf(path), 0700));
  return CopyFileAs(from, directory.objects(), [&](const std::string& copy) -> Result<std::string> {
    ASSIGN_OR_RETURN(const std::uint64_t size, SizeOf(copy));
    ASSIGN_OR_RETURN(const std::string digest, FsverityHexOfFile(copy));
    if (digest == object.digest && size == object.size) return path;
    return Error(ErrorKind::kRefuted, "object_damaged",
                 from + " has the fs-verity digest " + digest + " and " + std::to_string(size) +
                     " bytes, the image needs " + object.digest + " with " +
                     std::to_string(object.size));
  });
}

}  // namespace

Result<ObjectFiles> FindObjectFiles(const std::string& directory) {
  ObjectFiles files;
  ASSIGN_OR_RETURN(const std::vector<std::string> prefixes, ListDirectory(directory));
  for (const std::string& prefix : prefixes) {
    if (!IsLowerHex(prefix, 2)) continue;
    const std::string below = JoinPath(directory, prefix);
    ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDirectory(below));
    for (const std::string& name : names) {
      if (IsLowerHex(name, 62)) files.emplace(prefix + name, JoinPath(below, name));
    }
  }
  return files;
}

Result<std::vector<ListedObject>> ListAll(const ObjectFiles& files) {
  std::vector<ListedObject> objects;
  for (const auto& [digest, path] : files) {
    ASSIGN_OR_RETURN(const std::uint64_t size, SizeOf(path));
    objects.push_back({.digest = digest, .size = size});
  }
  return objects;
}

Status ImportObjects(const StateDirectory& directory, std::span<const ListedObject> wanted,
                     const ObjectFiles& files) {
  RETURN_IF_ERROR(CheckAllThere(directory, wanted, files));
  for (const ListedObject& object : wanted) {
    if (Exists(directory.object(object.digest))) continue;
    RETURN_IF_ERROR_CONTEXT(ImportObject(directory, object, files.at(object.digest)),
                            "import object");
  }
  return Ok();
}

}  // namespace powernode::platform
