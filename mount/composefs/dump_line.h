// One line of a dump (spec "composefs image", sections 2.1, 2.4 and 2.5), without its place in the
// tree.
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "mount/composefs/tree.h"

namespace powernode::mount::composefs {

struct DumpLine {
  std::string path;
  bool is_link = false;  // then only `link_target` counts
  std::string link_target;
  Node node;  // with its attributes in the order of the line
};

// kInvalid "bad_dump", naming the field.
Result<DumpLine> ParseDumpLine(std::string_view line);

Error BadDump(std::string message);

}  // namespace powernode::mount::composefs
