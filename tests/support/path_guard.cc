#include "tests/support/path_guard.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace powernode::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kChanges = IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVED_FROM |
                                   IN_MOVED_TO | IN_MOVE_SELF | IN_MODIFY | IN_CLOSE_WRITE |
                                   IN_ATTRIB;
constexpr std::uint32_t kAnything = kChanges | IN_OPEN | IN_ACCESS;

std::string Describe(std::uint32_t mask) {
  if (mask & IN_CREATE) return "created";
  if (mask & (IN_DELETE | IN_DELETE_SELF)) return "removed";
  if (mask & (IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF)) return "renamed";
  if (mask & (IN_MODIFY | IN_CLOSE_WRITE)) return "written";
  if (mask & IN_ATTRIB) return "attributes changed";
  return "opened";
}

}  // namespace

std::vector<fs::path> PathGuard::NodePaths() {
  return {"/etc/powernode", "/etc/identity.cfg",  "/boot/identity.cfg",       "/run/powernode",
          "/persist",       "/var/lib/powernode", "/sys/firmware/efi/efivars"};
}

PathGuard::PathGuard(const std::vector<fs::path>& paths)
    : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (inotify_ < 0)
    throw std::system_error(errno, std::generic_category(), "path guard: inotify_init1");
  for (const fs::path& path : paths) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      WatchTree(path);
    } else if (fs::exists(path, ignored)) {
      Add(path, {}, kAnything);
    }
    fs::path name = path;
    while (!fs::is_directory(name.parent_path(), ignored)) name = name.parent_path();
    Add(name.parent_path(), name.filename(), kChanges);
  }
  Offences();  // walking the trees above was itself an access
}

PathGuard::~PathGuard() { ::close(inotify_); }

void PathGuard::WatchTree(const fs::path& directory) {
  Add(directory, {}, kAnything);
  std::error_code ignored;
  constexpr auto kOptions = fs::directory_options::skip_permission_denied;
  for (const auto& entry : fs::recursive_directory_iterator(directory, kOptions, ignored)) {
    if (entry.is_directory(ignored) && !entry.is_symlink(ignored)) Add(entry.path(), {}, kAnything);
  }
}

void PathGuard::Add(const fs::path& watched, const fs::path& only, std::uint32_t events) {
  // Several guarded names may share one parent: inotify keeps one watch for an inode, so the masks
  // are joined.
  const int descriptor = ::inotify_add_watch(inotify_, watched.c_str(), events | IN_MASK_ADD);
  if (descriptor < 0) {
    if (errno == EACCES || errno == ENOENT)
      return;  // this user cannot touch it either; or it went meanwhile
    throw std::system_error(errno, std::generic_category(),
                            "path guard: watch " + watched.string());
  }
  watches_.push_back({descriptor, watched, only});
}

std::vector<std::string> PathGuard::Offences() {
  std::vector<std::string> offences;
  alignas(inotify_event) std::array<char, 16384> buffer;
  ssize_t length;
  while ((length = ::read(inotify_, buffer.data(), buffer.size())) > 0) {
    for (const char* at = buffer.data(); at < buffer.data() + length;) {
      inotify_event event;
      std::memcpy(&event, at, sizeof event);
      const std::string name = event.len > 0 ? at + sizeof event : "";
      at += sizeof event + event.len;
      if (event.mask & IN_Q_OVERFLOW)
        offences.emplace_back("events were lost: cannot tell what was touched");
      for (const Watch& watch : watches_) {
        if (watch.descriptor != event.wd || (!watch.only.empty() && watch.only != name)) continue;
        offences.push_back((name.empty() ? watch.path : watch.path / name).string() + ": " +
                           Describe(event.mask));
      }
    }
  }
  std::sort(offences.begin(), offences.end());
  offences.erase(std::unique(offences.begin(), offences.end()), offences.end());
  return offences;
}

}  // namespace powernode::testing
