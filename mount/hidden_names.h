// What a composefs module hides of the modules below it: deleted names (whiteouts) and directories
// that stand alone (opaque ones). An image stores both under attributes with one "overlay." more
// (spec "composefs image", sections 5.1 and 5.3), meant for an overlay on top of a mount of that
// image alone; in a flat union the kernel would show a whiteout as an empty file and merge an
// opaque directory. So the agent says them again in the form that this overlay acts on, in two
// directories beside the image's layer: whiteouts directly above it, where they hide its empty
// files, too; opaque directories directly below it, where they hide nothing of its own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/base/fd.h"
#include "agent/base/result.h"
#include "mount/composefs/tree.h"

namespace powernode::mount {

// Paths relative to the module's root.
struct HiddenNames {
  std::vector<std::string> whiteouts;
  std::vector<std::string> opaque;
  // Every directory above a whiteout, with its metadata: what lies on top is what stat(2) shows.
  std::map<std::string, composefs::Node> directories;
};

// Most images hide nothing, which a search of their bytes shows; the others are read. Errors of
// composefs::ReadImage and of the disk.
Result<HiddenNames> FindHiddenNames(const Fd& image, std::uint64_t image_bytes);

// Fills a new directory, whose file system has device nodes and trusted attributes.
Status WriteWhiteouts(const std::string& directory, const HiddenNames& hidden);
Status WriteOpaque(const std::string& directory, const HiddenNames& hidden);

}  // namespace powernode::mount
