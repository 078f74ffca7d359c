// The name guard (node-files.md §11.3, field lesson MO-16). The kernel looks for a composefs file's
// object, "/ab/cdef…", in the ordinary layers below it before it turns to the object store: a
// module with a directory "ab" at its root could put other bytes into the files of the modules
// above it. So no module may have a name of two lower-case hex digits at its root, except for the
// 0/0 character devices that composefs images have there. (EROFS tells upper from lower case: "AB"
// is another name.)
//
// The kernel is asked, through the mounted layer's own descriptor. For the 256 devices of a
// composefs image that would make it read as many inodes, 2 ms a module; where the image's bytes
// show plainly that they are devices, it need not be asked.
#pragma once

#include "agent/base/fd.h"
#include "agent/base/result.h"
#include "mount/erofs_superblock.h"

namespace powernode::mount {

// `image` is what is mounted at `root`. kRefuted "reserved_name".
Status CheckRootNames(ImageFormat format, const Fd& image, const Fd& root);

// Do the bytes of `image` show, in the plain layout that composefs images are written in, that
// every reserved name at its root is a 0/0 character device? False: they do not, or cannot be
// understood.
bool ShowsFreeRootNames(const Fd& image);

}  // namespace powernode::mount
