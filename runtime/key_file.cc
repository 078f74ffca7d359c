#include "runtime/key_file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <optional>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "runtime/account_text.h"
#include "runtime/as_user.h"
#include "runtime/owned_file.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxAccounts = 4 * 1024 * 1024;
constexpr std::size_t kMaxKeys = 1024 * 1024;
constexpr const char* kName = "authorized_keys";

Error NotTheUsers(const KeyUser& user, std::string_view what) {
  return Error(ErrorKind::kRefused, "not_the_users",
               "authorized_keys of " + user.name + ": " + std::string(what));
}

// Nothing above `directory`, no link on the way. O_NONBLOCK: a FIFO must not hold the agent.
Result<Fd> OpenBeneath(const Fd& directory, const std::string& path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, directory.get(), path.c_str(), &how, sizeof(how));
  if (fd < 0) return SystemError("open " + path, errno);
  return Fd(static_cast<int>(fd));
}

// The opened part of the way; an error of the kernel about a link or another kind of file is ours.
Result<Fd> OpenPart(const Fd& directory, const std::string& path, mode_t kind,
                    const KeyUser& user) {
  Result<Fd> fd = OpenBeneath(directory, path, kind == S_IFDIR ? O_DIRECTORY : 0);
  if (!fd) {
    const int problem = fd.error().system_errno();
    if (problem == ELOOP || problem == ENOTDIR || problem == EXDEV)
      return NotTheUsers(user, path + " is a link, or no directory");
    return fd;
  }
  ASSIGN_OR_RETURN(const struct stat info, Fstat(*fd));
  if ((info.st_mode & S_IFMT) != kind) return NotTheUsers(user, path + " is of another kind");
  if (info.st_uid != user.id) return NotTheUsers(user, path + " belongs to somebody else");
  return fd;
}

Result<Fd> OpenHome(const std::string& root, const KeyUser& user) {
  ASSIGN_OR_RETURN(const Fd base, Open(root.empty() ? "/" : root, O_PATH | O_DIRECTORY));
  Result<Fd> home = OpenPart(base, user.home.substr(1), S_IFDIR, user);
  if (!home && home.error().kind() == ErrorKind::kNotFound)
    return Error(ErrorKind::kNotFound, "no_home",
                 "user " + user.name + " has no home: " + user.home + " is not there");
  return home;
}

}  // namespace

Result<KeyUser> FindKeyUser(const std::string& root, const std::string& name) {
  ASSIGN_OR_RETURN(const std::string passwd, ReadFile(root + "/etc/passwd", kMaxAccounts));
  const auto id = [&](std::size_t field) -> std::optional<unsigned> {
    const std::optional<std::string> text = AccountField(passwd, name, field);
    unsigned value = 0;
    if (!text || text->empty()) return std::nullopt;
    const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (problem != std::errc() || end != text->data() + text->size()) return std::nullopt;
    return value;
  };
  const std::optional<unsigned> user = id(2);
  const std::optional<unsigned> group = id(3);
  const std::optional<std::string> home = AccountField(passwd, name, 5);
  if (name.empty() || !user || !group || !home || home->size() < 2 || home->front() != '/')
    return Error(ErrorKind::kNotFound, "no_such_user",
                 "the keys' user is not in /etc/passwd, or has no home there");
  return KeyUser{.name = name, .id = *user, .group = *group, .home = *home};
}

Result<std::string> ReadKeyFile(const std::string& root, const KeyUser& user) {
  ASSIGN_OR_RETURN(const AsUser as_user, AsUser::Become(user.id, user.group));
  ASSIGN_OR_RETURN(const Fd home, OpenHome(root, user));
  Result<Fd> file = OpenPart(home, ".ssh", S_IFDIR, user);
  if (file) file = OpenPart(*file, kName, S_IFREG, user);
  if (!file && file.error().kind() == ErrorKind::kNotFound) return std::string();
  if (!file) return std::move(file).error();
  return ReadFd(*file, kMaxKeys);
}

Status WriteKeyFile(const std::string& root, const KeyUser& user, std::string_view content) {
  ASSIGN_OR_RETURN(const AsUser as_user, AsUser::Become(user.id, user.group));
  ASSIGN_OR_RETURN(const Fd home, OpenHome(root, user));
  if (::mkdirat(home.get(), ".ssh", 0700) < 0 && errno != EEXIST)
    return SystemError("make .ssh of " + user.name, errno);
  ASSIGN_OR_RETURN(const Fd directory, OpenPart(home, ".ssh", S_IFDIR, user));
  const Result<Fd> present = OpenPart(directory, kName, S_IFREG, user);
  if (!present && present.error().kind() != ErrorKind::kNotFound) return present.error();
  return ReplaceFileAt(directory, kName, content, {user.id, user.group, 0600});
}

}  // namespace powernode::runtime
