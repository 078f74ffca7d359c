// Watches the paths of a real node while tests run: a test that opens, creates, writes or removes
// anything there is an offender, and its run fails (node-files.md section 17). Tests work below a
// private root instead.
//
// inotify sees every such access by any process of this mount namespace, also one that was undone
// before the end. It does not see a look-up of a name that does not exist. A path that does not
// exist is watched through its nearest existing parent, for the creation of the next name only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace powernode::testing {

class PathGuard {
 public:
  // The real node's paths: configuration, runtime state, persist file system and EFI variables.
  static std::vector<std::filesystem::path> NodePaths();

  explicit PathGuard(const std::vector<std::filesystem::path>& paths);
  PathGuard(const PathGuard&) = delete;
  PathGuard& operator=(const PathGuard&) = delete;
  ~PathGuard();

  // What was touched since the last call, one "<path>: <what>" each, without repetitions.
  std::vector<std::string> Offences();

 private:
  struct Watch {
    int descriptor;
    std::filesystem::path path;
    std::filesystem::path only;  // the one name that matters; empty: every name
  };

  void WatchTree(const std::filesystem::path& directory);
  void Add(const std::filesystem::path& watched, const std::filesystem::path& only,
           std::uint32_t events);

  int inotify_;
  std::vector<Watch> watches_;
};

}  // namespace powernode::testing
