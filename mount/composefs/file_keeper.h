// The bytes of the regular files that a scan meets: those of up to 64 bytes go into the node, all
// others become objects, named by their fs-verity digest.
//
// Small files are read whole into one buffer and hashed together when it is full, so that a node
// has its digest at the latest after Flush. Large files are read by verify::ComputeFsVerity, which
// skips holes.
//
// Thread rule: a FileKeeper is one thread's; the ObjectBatch is shared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "agent/base/fd.h"
#include "agent/base/result.h"
#include "mount/composefs/tree.h"
#include "verify/fsverity_many.h"

namespace powernode::mount {
class ObjectBatch;
}

namespace powernode::mount::composefs {

inline constexpr std::uint64_t kMaxInlineBytes = 64;
// From this size on a file is worth all threads.
inline constexpr std::uint64_t kHugeFileBytes = std::uint64_t{16} << 20;

class FileKeeper {
 public:
  // `objects` may be nullptr: then nothing is stored.
  explicit FileKeeper(ObjectBatch* objects);

  // `fd` is a regular file and `node.size` its size; `node` stays where it is until Flush. At most
  // `threads` read and hash a large file. kCannotTell "file_changed" when the file is longer or
  // shorter; kUnavailable "cancelled".
  Status Keep(const Fd& fd, Node& node, std::size_t threads, const std::stop_token& stop);
  void Flush();

 private:
  Status KeepSmall(const Fd& fd, Node& node);
  Status KeepLarge(const Fd& fd, Node& node, std::size_t threads, const std::stop_token& stop);

  ObjectBatch* objects_;
  verify::FsVerityMany hash_;
  std::vector<std::byte> buffer_;
  std::size_t used_ = 0;  // of the buffer, whole blocks; the files of `waiting_`
  std::vector<Node*> waiting_;
  std::vector<std::uint64_t> sizes_;  // of `waiting_`, in bytes
};

}  // namespace powernode::mount::composefs
