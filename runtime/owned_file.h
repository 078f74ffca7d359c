// A file that belongs to somebody, replaced as a whole: what is there is the old content or the
// new, with its owner and mode, at every moment and after a power cut (node-files.md §7, W1).
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "agent/base/fd.h"
#include "agent/base/result.h"

namespace powernode::runtime {

struct Ownership {
  uid_t user = 0;
  gid_t group = 0;
  mode_t mode = 0600;
};

// Works in the opened directory and follows no link in it.
Status ReplaceFileAt(const Fd& directory, const std::string& name, std::string_view content,
                     const Ownership& ownership);

}  // namespace powernode::runtime
