// Takes the objects of a composefs image into the object directory, each under the digest that this
// program computes of the copy.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "tests/platform/object_list.h"
#include "tests/platform/state_directory.h"

namespace powernode::platform {

// Where the bytes of objects are: digest (64 hexadecimal digits) -> file.
using ObjectFiles = std::map<std::string, std::string>;

// The files of an object store, DIR/<2 digits>/<62 digits>; others are passed over.
Result<ObjectFiles> FindObjectFiles(const std::string& directory);
// As a list, with the files' sizes.
Result<std::vector<ListedObject>> ListAll(const ObjectFiles& files);

// kRefuted "objects_missing" with their names when some are neither in `files` nor here already,
// before anything is copied; "object_damaged" when a file's digest or size is another.
Status ImportObjects(const StateDirectory& directory, std::span<const ListedObject> wanted,
                     const ObjectFiles& files);

}  // namespace powernode::platform
