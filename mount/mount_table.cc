#include "mount/mount_table.h"

#include <libmount/libmount.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <ranges>
#include <utility>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::mount {
namespace {

struct TableDeleter {
  void operator()(libmnt_table* table) const { mnt_unref_table(table); }
};
struct IteratorDeleter {
  void operator()(libmnt_iter* iterator) const { mnt_free_iter(iterator); }
};
struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// libmount's own default is to leave a bad line out; a negative answer ends the parsing, but in the
// last line it is forgotten. Hence the note.
int RefuseLine(libmnt_table* table, const char*, int) {
  *static_cast<bool*>(mnt_table_get_userdata(table)) = true;
  return -1;
}

Error Unreadable(const std::string& file, const std::string& why) {
  return Error(ErrorKind::kCannotTell, "mount_table_unreadable",
               "read the mount table " + file + ": " + why);
}

std::string Text(const char* value) {
  return value == nullptr ? std::string() : std::string(value);
}

bool IsBelow(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

std::string Absolute(std::string_view path, std::string_view relative_to) {
  if (path.starts_with('/') || relative_to.empty()) return std::string(path);
  return JoinPath(relative_to, path);
}

// "a:b::data1::data2": names divided by ':' (a '\' takes the special meaning of what follows);
// behind the first "::" they are data-only.
void AddColonList(std::string_view list, std::string_view relative_to,
                  OverlayDirectories& directories) {
  std::vector<std::string>* into = &directories.lowers;
  std::string name;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    if (i < list.size() && list[i] == '\\' && i + 1 < list.size()) {
      name += list[++i];
    } else if (i < list.size() && list[i] != ':') {
      name += list[i];
    } else if (name.empty()) {
      into = &directories.data;
    } else {
      into->push_back(Absolute(name, relative_to));
      name.clear();
    }
  }
}

}  // namespace

Result<MountTable> MountTable::Read(const std::string& file) {
  const std::unique_ptr<std::FILE, FileCloser> stream(std::fopen(file.c_str(), "re"));
  if (!stream) return Unreadable(file, SystemError("open", errno).message());
  const std::unique_ptr<libmnt_table, TableDeleter> parsed(mnt_new_table());
  const std::unique_ptr<libmnt_iter, IteratorDeleter> iterator(mnt_new_iter(MNT_ITER_FORWARD));
  if (!parsed || !iterator) return Unreadable(file, "out of memory");
  bool bad_line = false;
  mnt_table_set_userdata(parsed.get(), &bad_line);
  mnt_table_set_parser_errcb(parsed.get(), RefuseLine);
  if (mnt_table_parse_stream(parsed.get(), stream.get(), file.c_str()) != 0 || bad_line)
    return Unreadable(file, "a line cannot be understood");
  if (std::ferror(stream.get()) != 0) return Unreadable(file, "it ended early");

  MountTable table;
  table.entries_.reserve(static_cast<std::size_t>(mnt_table_get_nents(parsed.get())));
  libmnt_fs* fs = nullptr;
  while (mnt_table_next_fs(parsed.get(), iterator.get(), &fs) == 0) {
    table.entries_.push_back(MountEntry{.id = mnt_fs_get_id(fs),
                                        .parent_id = mnt_fs_get_parent_id(fs),
                                        .device = mnt_fs_get_devno(fs),
                                        .root = Text(mnt_fs_get_root(fs)),
                                        .target = Text(mnt_fs_get_target(fs)),
                                        .fs_type = Text(mnt_fs_get_fstype(fs)),
                                        .source = Text(mnt_fs_get_source(fs)),
                                        .fs_options = Text(mnt_fs_get_fs_options(fs))});
  }
  if (table.entries_.empty()) return Unreadable(file, "it is empty");
  return table;
}

const MountEntry* MountTable::FindAt(std::string_view path) const {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const MountEntry* topmost = nullptr;
  for (const MountEntry& entry : entries_) {
    if (entry.target != path) continue;
    // Whatever lies on top has the one below as its parent, in whatever order the kernel lists
    // them.
    if (topmost == nullptr || topmost->parent_id != entry.id) topmost = &entry;
  }
  return topmost;
}

bool MountTable::UsedByOverlay(std::string_view directory) const {
  return std::ranges::any_of(entries_, [&](const MountEntry& entry) {
    if (entry.fs_type != "overlay") return false;
    const OverlayDirectories used =
        ParseOverlayOptions(entry.fs_options, DirectoryOf(std::string(directory)));
    const auto below = [&](const std::string& path) { return IsBelow(path, directory); };
    return below(used.upper) || std::ranges::any_of(used.lowers, below) ||
           std::ranges::any_of(used.data, below);
  });
}

OverlayDirectories ParseOverlayOptions(std::string_view fs_options, std::string_view relative_to) {
  OverlayDirectories directories;
  while (!fs_options.empty()) {
    const std::size_t comma = fs_options.find(',');
    const std::string_view option = fs_options.substr(0, comma);
    fs_options =
        comma == std::string_view::npos ? std::string_view() : fs_options.substr(comma + 1);
    const std::size_t equals = option.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = option.substr(0, equals);
    const std::string_view value = option.substr(equals + 1);
    if (key == "lowerdir+") directories.lowers.push_back(Absolute(value, relative_to));
    if (key == "datadir+") directories.data.push_back(Absolute(value, relative_to));
    if (key == "lowerdir") AddColonList(value, relative_to, directories);
    if (key == "upperdir") directories.upper = Absolute(value, relative_to);
    if (key == "workdir") directories.work = Absolute(value, relative_to);
    if (key == "verity") directories.verity_required = value == "require";
  }
  return directories;
}

}  // namespace powernode::mount
