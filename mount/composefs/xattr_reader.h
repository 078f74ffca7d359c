// The extended attributes of a file, as listxattr(2) and getxattr(2) show them to this process:
// without CAP_SYS_ADMIN no trusted.* is among them (spec "composefs image", section 3).
//
// Thread rule: one thread each; it holds the largest list and value that Linux has, 64 KiB each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/fd.h"
#include "agent/base/result.h"
#include "mount/composefs/tree.h"

namespace powernode::mount::composefs {

enum class AttributeChoice { kAll, kUserOnly, kNone };

class XattrReader {
 public:
  explicit XattrReader(AttributeChoice choice);

  // Of an open file; unsorted. None where the file system has none. kCannotTell "file_changed" when
  // one goes away meanwhile.
  Result<std::vector<Attribute>> Of(const Fd& fd);
  // Of the entry itself, a link too. Needs /proc: the kernel has no such call relative to a
  // directory before 6.13.
  Result<std::vector<Attribute>> OfEntry(const Fd& directory, const char* name);

 private:
  template <typename List, typename Get>
  Result<std::vector<Attribute>> Read(const List& list, const Get& get);

  AttributeChoice choice_;
  std::vector<char> names_;
  std::vector<char> value_;
};

}  // namespace powernode::mount::composefs
