// Looking into a file system that is not mounted: it is mounted read-only on a private directory
// below $R for as long as one function takes, and is gone afterwards.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "identity/source.h"
#include "runtime/persist.h"

namespace powernode::runtime {

// Errors: the kernel's about mounting and unmounting; `use` is called between the two only.
Status LookInto(const Paths& paths, const BlockFilesystem& filesystem,
                const std::function<void(const std::string& directory)>& use);

// The same for the file system that `choose` takes of all there are, looked for at each use;
// `none` when it takes none.
identity::DiskReader DiskReaderOf(
    const Paths& paths, const BlockFilesystem* (*choose)(const std::vector<BlockFilesystem>& all),
    Error none);

}  // namespace powernode::runtime
