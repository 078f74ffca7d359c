// `pack SOURCE`: a directory or a dump becomes a composefs image, and the directory's files become
// objects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "agent/commands/outcome.h"

namespace powernode::commands {

struct PackFlags {
  std::string source;
  std::string image;    // "-": standard output; empty: none is written
  std::string objects;  // the store's directory; empty: no object is written
  bool from_dump = false;
  bool print_digest = false;
  std::optional<std::int64_t> epoch;
  std::size_t threads = 0;  // 0: as many as there are processors
  std::optional<int> min_version;
  std::optional<int> max_version;
  bool skip_devices = false;
  bool skip_xattrs = false;
  bool user_xattrs = false;
};

// `json`: standard output is the command's one object, so the image cannot go there. A
// POWERNODE_CPU that cannot be obeyed is an error here, since a person asked for it.
Outcome PackImage(const PackFlags& flags, bool json);

}  // namespace powernode::commands
