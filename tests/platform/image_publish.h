// What `module add` publishes: an image that is there, or one that is made of a directory; and of a
// composefs image the objects that it needs.
#pragma once

#include <string>

#include "agent/base/result.h"
#include "tests/platform/blob_import.h"
#include "tests/platform/state_directory.h"

namespace powernode::platform {

struct ImageSource {
  std::string path;     // an image, or a directory to make one of
  std::string format;   // what to make of a directory: "erofs" (also empty) or "composefs"
  std::string name;     // the module's
  std::string objects;  // directory with the objects that are not here yet; may be empty
  bool objects_unchecked = false;  // publish those of `objects`, whatever the image names
};

// kRefuted "objects_missing" when a composefs image's objects are neither in `objects` nor here;
// nothing is published then.
Result<ImportedBlob> PublishImage(const StateDirectory& directory, const ImageSource& source);

}  // namespace powernode::platform
