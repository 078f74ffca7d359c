#include "mount/composefs/directory_scan.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <deque>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/composefs/directory_listing.h"
#include "mount/composefs/entry_reader.h"
#include "mount/composefs/scanned_directory.h"
#include "mount/composefs/task_stack.h"
#include "verify/fsverity_measure.h"

namespace powernode::mount::composefs {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK;
constexpr std::size_t kEntriesATask = 256;
// Of 1,024 descriptors that a process usually may have: directories that stay open while something
// in them waits for a thread. Beyond it they are opened again, from the source on.
constexpr std::size_t kMaxWaitingDirectories = 128;

class OpenDirectory {
 public:
  OpenDirectory(Fd fd, std::atomic<std::size_t>& count) : fd_(std::move(fd)), count_(count) {
    ++count_;
  }
  OpenDirectory(const OpenDirectory&) = delete;
  OpenDirectory& operator=(const OpenDirectory&) = delete;
  ~OpenDirectory() { --count_; }

  const Fd& fd() const { return fd_; }

 private:
  const Fd fd_;
  std::atomic<std::size_t>& count_;
};

using SharedDirectory = std::shared_ptr<const OpenDirectory>;

struct Task {
  enum class Kind { kList, kRead } kind = Kind::kList;
  ScannedDirectory* directory = nullptr;
  SharedDirectory open;   // kList: the one above, kRead: the directory; nullptr: open it again
  std::size_t first = 0;  // kRead: these entries
  std::size_t last = 0;
};

bool IsDeviceType(unsigned char type) { return type == DT_CHR || type == DT_BLK; }

class Scan {
 public:
  Scan(std::string source, Fd root, const ScanOptions& options, std::stop_token stop)
      : source_(std::move(source)),
        root_(std::move(root)),
        options_(options),
        stop_(std::move(stop)) {}

  Result<ScanResult> Run() {
    directories_.emplace_back();
    tasks_.Push({.directory = &directories_.front()});
    RunThreads();
    RETURN_IF_ERROR(tasks_.Outcome());
    RETURN_IF_ERROR(ReadHugeFiles());
    return MakeResult();
  }

 private:
  struct HugeFile {
    ScannedDirectory* directory;
    std::size_t entry;
  };

  void RunThreads() {
    std::vector<std::jthread> others;
    try {
      while (others.size() + 1 < options_.threads) others.emplace_back([&] { Work(); });
    } catch (const std::system_error&) {
      // No more threads to be had: those that there are do the work.
    }
    Work();
  }

  void Work() {
    EntryReader reader(options_, stop_);
    while (std::optional<Task> task = tasks_.Take()) {
      Status status = task->kind == Task::Kind::kList ? List(*task, reader) : Read(*task, reader);
      task->open.reset();
      tasks_.Done(std::move(status));
    }
    reader.Flush();
  }

  Error InPath(const std::string& path, const Error& error) const {
    return error.WithContext(path.empty() ? source_ : JoinPath(source_, path));
  }

  Status CheckStop() const {
    if (!stop_.stop_requested()) return Ok();
    return Error(ErrorKind::kUnavailable, "cancelled", "reading " + source_ + " was stopped");
  }

  // Component by component, so that neither a link nor the length of the path matters.
  Result<Fd> OpenFromSource(const std::string& path) const {
    ASSIGN_OR_RETURN(Fd at, OpenAt(root_, ".", kDirectoryFlags));
    for (std::size_t begin = 0; begin < path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      ASSIGN_OR_RETURN(at, OpenAt(at, path.substr(begin, end - begin), kDirectoryFlags));
      begin = end + 1;
    }
    return at;
  }

  Result<SharedDirectory> OpenFor(const Task& task) {
    const std::string& path = task.directory->path;
    if (task.kind == Task::Kind::kRead && task.open) return task.open;
    Result<Fd> fd = task.open
                        ? OpenAt(task.open->fd(), path.substr(path.rfind('/') + 1), kDirectoryFlags)
                        : OpenFromSource(path);
    if (!fd) {
      const int reason = fd.error().system_errno();
      if (reason == ENOENT || reason == ELOOP || reason == ENOTDIR)
        return Error(ErrorKind::kCannotTell, "file_changed",
                     "it was removed or replaced meanwhile: pack a tree that nobody writes to");
      return std::move(fd).error();
    }
    return SharedDirectory(std::make_shared<OpenDirectory>(*std::move(fd), open_directories_));
  }

  Status List(const Task& task, EntryReader& reader) {
    RETURN_IF_ERROR(CheckStop());
    Result<SharedDirectory> open = ListInto(task, reader);
    if (!open) return InPath(task.directory->path, open.error());
    ScannedDirectory& directory = *task.directory;
    const SharedDirectory kept =
        open_directories_ < kMaxWaitingDirectories ? *open : SharedDirectory();
    for (ScannedEntry& entry : directory.entries) {
      if (entry.type != DT_DIR) continue;
      entry.directory = NewDirectory(PathBelow(directory.path, entry.name));
      tasks_.Push({.directory = entry.directory, .open = kept});
    }
    const std::size_t count = directory.entries.size();
    for (std::size_t first = kEntriesATask; first < count; first += kEntriesATask)
      tasks_.Push({.kind = Task::Kind::kRead,
                   .directory = &directory,
                   .open = kept,
                   .first = first,
                   .last = std::min(first + kEntriesATask, count)});
    return Read({.kind = Task::Kind::kRead,
                 .directory = &directory,
                 .open = *std::move(open),
                 .last = std::min(kEntriesATask, count)},
                reader);
  }

  Result<SharedDirectory> ListInto(const Task& task, EntryReader& reader) {
    ASSIGN_OR_RETURN(SharedDirectory open, OpenFor(task));
    ASSIGN_OR_RETURN(task.directory->node, reader.ReadDirectory(open->fd()));
    ASSIGN_OR_RETURN(std::vector<ListedName> names, ListDirectoryNames(open->fd()));
    if (options_.skip_devices)
      std::erase_if(names, [](const ListedName& listed) { return IsDeviceType(listed.type); });
    std::vector<ScannedEntry> entries(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      entries[i].name = std::move(names[i].name);
      entries[i].type = names[i].type;
    }
    task.directory->entries = std::move(entries);
    return open;
  }

  ScannedDirectory* NewDirectory(std::string path) {
    const std::lock_guard lock(mutex_);
    ScannedDirectory& directory = directories_.emplace_back();
    directory.path = std::move(path);
    return &directory;
  }

  Status Read(const Task& task, EntryReader& reader) {
    ScannedDirectory& directory = *task.directory;
    const Result<SharedDirectory> open = OpenFor(task);
    if (!open) return InPath(directory.path, open.error());
    for (std::size_t i = task.first; i < task.last; ++i) {
      ScannedEntry& entry = directory.entries[i];
      if (entry.type == DT_DIR) continue;
      RETURN_IF_ERROR(CheckStop());
      const Result<ReadOutcome> outcome = reader.Read((*open)->fd(), entry);
      if (!outcome) return InPath(PathBelow(directory.path, entry.name), outcome.error());
      if (*outcome == ReadOutcome::kDone) continue;
      const std::lock_guard lock(mutex_);
      huge_files_.push_back({&directory, i});
    }
    return Ok();
  }

  // One after another, each by all threads: else the last of them would keep one thread busy and
  // the others waiting.
  Status ReadHugeFiles() {
    EntryReader reader(options_, stop_);
    for (const HugeFile& huge : huge_files_) {
      ScannedEntry& entry = huge.directory->entries[huge.entry];
      const auto read = [&]() -> Status {
        ASSIGN_OR_RETURN(const Fd directory, OpenFromSource(huge.directory->path));
        return reader.ReadHuge(directory, entry);
      };
      if (const Status status = read(); !status)
        return InPath(PathBelow(huge.directory->path, entry.name), status.error());
    }
    return Ok();
  }

  Result<ScanResult> MakeResult() {
    std::uint64_t files = 0;
    std::uint64_t external_files = 0;
    std::uint64_t external_bytes = 0;
    for (const ScannedDirectory& directory : directories_)
      for (const ScannedEntry& entry : directory.entries) {
        if (entry.type != DT_REG) continue;
        ++files;
        if (!entry.node.digest) continue;
        ++external_files;
        external_bytes += entry.node.size;
      }
    Result<Tree> tree = TreeOf(directories_.front());
    if (!tree) return tree.error().WithContext(source_);
    return ScanResult{.tree = *std::move(tree),
                      .files = files,
                      .external_files = external_files,
                      .external_bytes = external_bytes};
  }

  const std::string source_;
  const Fd root_;
  const ScanOptions& options_;
  const std::stop_token stop_;
  std::atomic<std::size_t> open_directories_ = 0;
  TaskStack<Task> tasks_;

  std::mutex mutex_;                          // guards what follows
  std::deque<ScannedDirectory> directories_;  // the source is the first; none of them moves
  std::vector<HugeFile> huge_files_;
};

}  // namespace

Result<ScanResult> ScanDirectory(const std::string& path, const ScanOptions& options,
                                 std::stop_token stop) {
  if (options.threads < 1 || options.threads > verify::kMaxMeasureThreads)
    return Error(
        ErrorKind::kInvalid, "bad_threads",
        "a directory is read by 1 to " + std::to_string(verify::kMaxMeasureThreads) + " threads");
  Result<Fd> root = Open(path, kDirectoryFlags);
  if (!root && (root.error().system_errno() == ENOTDIR || root.error().system_errno() == ELOOP))
    return Error(ErrorKind::kInvalid, "not_a_directory",
                 path + " is no directory, and a link to one is none");
  if (!root) return std::move(root).error();
  return Scan(path, *std::move(root), options, std::move(stop)).Run();
}

}  // namespace powernode::mount::composefs
