// The two-line state file of node-files.md §5.1: a header with format, version, checksum and
// length, then the body. A torn or flipped byte is seen; a file that is wrong is set aside as
// `<name>.bad-<time>` (3 kept) and never stops the agent; a file of a newer version is neither used
// nor overwritten; one of an older version is read, and kept as `<name>.v<N>` when it is replaced.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/base/json.h"
#include "agent/base/result.h"

namespace powernode {

struct StateFile {
  std::string path;
  std::string_view format;  // "powernode-lkg"
  int version = 1;
};

// nullopt: no such file. kRefuted "state_corrupt": checksum, length or JSON is wrong; kUnsupported
// "state_newer": written by a newer agent. Reads at most 4 MiB.
Result<std::optional<Json>> ReadState(const StateFile& file);

// Writes atomically and durably, and only when the body differs from what is there. kUnsupported
// "state_newer" rather than overwrite a newer version; kInvalid "bad_state" rather than write what
// ReadState would refuse.
Status WriteState(const StateFile& file, const Json& body, mode_t mode = 0644);

// As ReadState, for a reader that can begin anew: a corrupt file is set aside, and there is none.
Result<std::optional<Json>> ReadStateOrSetAside(const StateFile& file);

// Renames a corrupt file to `<name>.bad-<time>` and keeps the newest three.
Status SetAside(const StateFile& file);

}  // namespace powernode
