#include "tests/platform/image_publish.h"

#include <sys/stat.h>

#include <span>

#include "agent/base/files.h"
#include "agent/base/random.h"
#include "agent/base/syscalls.h"
#include "mount/composefs/image_reader.h"
#include "tests/platform/image_build.h"
#include "tests/platform/object_import.h"

namespace powernode::platform {
namespace {

// What an image names. An object that is listed has been found (object_import.h) under a digest
// that this program computed itself.
Result<std::vector<ListedObject>> NeededObjects(const std::string& image_path) {
  ASSIGN_OR_RETURN(const std::string image, ReadFile(image_path, mount::composefs::kMaxImageBytes));
  ASSIGN_OR_RETURN(const std::vector<mount::composefs::NeededObject> needed,
                   mount::composefs::ListObjects(AsBytes(image)));
  std::vector<ListedObject> objects;
  objects.reserve(needed.size());
  for (const mount::composefs::NeededObject& object : needed)
    objects.push_back({.digest = object.digest.Hex(), .size = object.size});
  return objects;
}

Status PublishObjects(const StateDirectory& directory, const ImportedBlob& blob,
                      const ObjectFiles& files, bool unchecked) {
  ASSIGN_OR_RETURN(const std::vector<ListedObject> objects,
                   unchecked ? ListAll(files) : NeededObjects(directory.blob(blob.digest)));
  RETURN_IF_ERROR(ImportObjects(directory, objects, files));
  return WriteObjectList(directory, blob.digest, objects);
}

Result<ImportedBlob> PublishFile(const StateDirectory& directory, const std::string& image,
                                 const ObjectFiles& files, bool unchecked) {
  ASSIGN_OR_RETURN(ImportedBlob blob, ImportBlob(directory, image));
  if (blob.image_format == "composefs" || unchecked)
    RETURN_IF_ERROR(PublishObjects(directory, blob, files, unchecked));
  return blob;
}

Result<ImportedBlob> PublishTree(const StateDirectory& directory, const ImageSource& source,
                                 const std::string& image) {
  ObjectFiles files;
  if (source.format == "composefs") {
    ASSIGN_OR_RETURN(files, BuildComposefs(source.path, image));
  } else if (source.format.empty() || source.format == "erofs") {
    RETURN_IF_ERROR(BuildErofs(source.path, source.name, image));
  } else {
    return Error(ErrorKind::kInvalid, "bad_argument",
                 "of a directory --format erofs or composefs can be made, not " + source.format);
  }
  return PublishFile(directory, image, files, /*unchecked=*/false);
}

Result<ImportedBlob> BuildAndPublish(const StateDirectory& directory, const ImageSource& source) {
  const std::string image = JoinPath(directory.blobs(), ".build-" + RandomHex(8));
  Result<ImportedBlob> blob = PublishTree(directory, source, image);
  if (!Exists(image)) return blob;
  if (const Status removed = Unlink(image); !removed)
    return blob ? removed.error() : std::move(blob).error().AlsoFailed(removed.error());
  return blob;
}

}  // namespace

Result<ImportedBlob> PublishImage(const StateDirectory& directory, const ImageSource& source) {
  RETURN_IF_ERROR(MakeDirectories(directory.blobs(), 0700));
  RETURN_IF_ERROR(MakeDirectories(directory.objects(), 0700));
  ASSIGN_OR_RETURN_CONTEXT(const struct stat facts, Stat(source.path), "publish image");
  if (S_ISDIR(facts.st_mode)) return BuildAndPublish(directory, source);
  ObjectFiles files;
  if (!source.objects.empty()) {
    ASSIGN_OR_RETURN(files, FindObjectFiles(source.objects));
  }
  Result<ImportedBlob> blob = PublishFile(directory, source.path, files, source.objects_unchecked);
  if (!blob) return std::move(blob).error().WithContext("publish " + source.path);
  return blob;
}

}  // namespace powernode::platform
