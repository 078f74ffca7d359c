// One entry of a directory that is being scanned, read relative to the directory's descriptor: no
// path is looked up twice, and no link is followed.
//
// Thread rule: one thread each.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <stop_token>

#include "agent/base/fd.h"
#include "agent/base/result.h"
#include "mount/composefs/directory_scan.h"
#include "mount/composefs/file_keeper.h"
#include "mount/composefs/scanned_directory.h"

namespace powernode::mount::composefs {

// Which entries there are beside directories.
enum class ReadOutcome {
  kDone,
  kHuge,  // a regular file of kHugeFileBytes and more, whose bytes are still to be read: ReadHuge
};

class EntryReader {
 public:
  EntryReader(const ScanOptions& options, std::stop_token stop)
      : options_(options),
        stop_(std::move(stop)),
        attributes_(options.attributes),
        files_(options.objects) {}

  // What an open directory says of itself.
  Result<Node> ReadDirectory(const Fd& fd);
  // An entry that is no directory; its node stays where it is until Flush. kCannotTell
  // "file_changed" when it is not there any more, or is something else.
  Result<ReadOutcome> Read(const Fd& directory, ScannedEntry& entry);
  // By all threads of the options.
  Status ReadHuge(const Fd& directory, ScannedEntry& entry);
  void Flush() { files_.Flush(); }

 private:
  Node NodeOf(const struct stat& info) const;
  Result<ReadOutcome> ReadRegular(const Fd& directory, ScannedEntry& entry);
  Status ReadSpecial(const Fd& directory, ScannedEntry& entry);

  const ScanOptions& options_;
  std::stop_token stop_;
  XattrReader attributes_;
  FileKeeper files_;
};

}  // namespace powernode::mount::composefs
