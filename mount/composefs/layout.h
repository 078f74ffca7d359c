// Where everything of an image lies (spec "composefs image", section 8).
#pragma once

#include <cstdint>
#include <vector>

#include "agent/base/result.h"
#include "mount/composefs/inode_order.h"
#include "mount/composefs/shared_attributes.h"

namespace powernode::mount::composefs {

struct InodePlace {
  std::uint64_t position = 0;   // byte of the image, a multiple of 32
  std::uint32_t body = 0;       // bytes of attributes behind the inode
  std::uint32_t tail = 0;       // bytes of data behind the attributes
  std::uint32_t blocks = 0;     // of data, elsewhere
  std::uint8_t references = 0;  // to shared attributes
  bool is_extended = false;

  std::uint64_t nid() const;  // EROFS's address of an inode
  std::uint64_t header() const;
};

struct ImageLayout {
  std::vector<InodePlace> inodes;
  std::uint64_t inodes_end = 0;  // where the shared attributes begin
  std::uint64_t data_begin = 0;  // a multiple of 4096
  std::uint64_t data_blocks = 0;
};

struct Chunks {
  std::uint32_t bits = 0;  // a chunk has 2^bits bytes
  std::uint64_t count = 0;
};

// Of an external file with `size` > 0 (section 8.4).
Chunks ChunksOf(std::uint64_t size);

// kInvalid "bad_tree" for an external file whose chunks cannot be listed where the kernel looks.
Result<ImageLayout> LayOut(const InodeOrder& order, const SharedAttributes& attributes);

}  // namespace powernode::mount::composefs
