// The live mount table, /proc/self/mountinfo, read by libmount and strictly: a line that cannot be
// read makes the whole table unreadable. The answers are three-valued, since "not mounted" and
// "cannot tell" lead to opposite actions: an error here counts as not mounted for success and as in
// use for removal (node-files.md §11.3; field lesson MO-11).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"

namespace powernode::mount {

struct MountEntry {
  int id = 0;
  int parent_id = 0;
  dev_t device = 0;  // st_dev of the files below it
  std::string root;  // the part of the file system that is mounted; "/" for all of it
  std::string target;
  std::string fs_type;
  std::string source;
  std::string fs_options;  // octal escapes decoded
};

class MountTable {
 public:
  // kCannotTell "mount_table_unreadable".
  static Result<MountTable> Read(const std::string& file = "/proc/self/mountinfo");

  const std::vector<MountEntry>& entries() const { return entries_; }
  // The topmost mount at exactly `path` (absolute, without links); nullptr when nothing is mounted
  // there.
  const MountEntry* FindAt(std::string_view path) const;
  // True when a mounted overlay has `directory` (or something below it) as a lower, as a data-only
  // lower or as its upper.
  bool UsedByOverlay(std::string_view directory) const;

 private:
  std::vector<MountEntry> entries_;  // in the order they were mounted
};

// The directories of an overlay, as its options state them.
struct OverlayDirectories {
  std::vector<std::string> lowers;  // highest first
  std::vector<std::string> data;    // data-only lowers, in the order they are searched
  std::string upper;
  std::string work;
  bool verity_required = false;  // "verity=require"
};

// Reads "lowerdir=a:b::data" (kernels before 6.8) and "lowerdir+=a,lowerdir+=b,datadir+=data". A
// relative lower is below `relative_to`. A comma inside a path cannot be told from the one between
// options once decoded; our own paths have none.
OverlayDirectories ParseOverlayOptions(std::string_view fs_options,
                                       std::string_view relative_to = {});

}  // namespace powernode::mount
