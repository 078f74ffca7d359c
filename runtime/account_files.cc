#include "runtime/account_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <thread>

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "enroll/module_view.h"
#include "runtime/account_text.h"
#include "runtime/owned_file.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxFile = 4 * 1024 * 1024;
constexpr std::chrono::seconds kLockPatience{15};  // lckpwdf(3) waits as long

// lckpwdf(3), as a lock of this open file: its own is the process's, and ends with the first close.
Result<Fd> LockAccounts(const Fd& etc) {
  ASSIGN_OR_RETURN(Fd fd, OpenAt(etc, ".pwd.lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const auto deadline = SystemClock().Monotonic() + kLockPatience;
  while (::fcntl(fd.get(), F_OFD_SETLK, &lock) < 0) {
    if (errno != EAGAIN && errno != EACCES && errno != EINTR)
      return SystemError("lock .pwd.lock", errno);
    if (SystemClock().Monotonic() >= deadline)
      return Error(ErrorKind::kBusy, "locked", "another program holds /etc/.pwd.lock");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return fd;
}

struct AccountFile {
  std::string text;
  Ownership ownership;
};

// nullopt: there is none.
Result<std::optional<AccountFile>> ReadAccountFile(const Fd& etc, const std::string& name) {
  const Result<Fd> fd = OpenAt(etc, name, O_RDONLY | O_NOFOLLOW);
  if (!fd && fd.error().kind() == ErrorKind::kNotFound) return std::optional<AccountFile>();
  if (!fd) return fd.error();
  ASSIGN_OR_RETURN(const struct stat info, Fstat(*fd));
  if (!S_ISREG(info.st_mode))
    return Error(ErrorKind::kRefused, "not_a_file", "/etc/" + name + " is no file");
  AccountFile file{.text = "", .ownership = {info.st_uid, info.st_gid, info.st_mode & 07777}};
  ASSIGN_OR_RETURN_CONTEXT(file.text, ReadFd(*fd, kMaxFile), "read /etc/" + name);
  return std::optional(std::move(file));
}

struct WantedAccounts {
  std::vector<enroll::ModuleGroup> groups;
  std::vector<enroll::ModuleUser> users;
};

WantedAccounts AccountsOf(const Composition& composition) {
  WantedAccounts wanted;
  for (const ComposedModule& module : composition.modules) {
    const Result<enroll::ModuleView> view = enroll::ParseModuleView(module.manifest);
    if (!view) continue;
    wanted.groups.insert(wanted.groups.end(), view->groups.begin(), view->groups.end());
    wanted.users.insert(wanted.users.end(), view->users.begin(), view->users.end());
  }
  return wanted;
}

Status Merge(const std::string& root, const WantedAccounts& wanted,
             std::vector<std::string>& findings) {
  ASSIGN_OR_RETURN(const Fd etc, Open(root + "/etc", O_RDONLY | O_DIRECTORY));
  ASSIGN_OR_RETURN(const Fd lock, LockAccounts(etc));
  ASSIGN_OR_RETURN(const auto passwd, ReadAccountFile(etc, "passwd"));
  ASSIGN_OR_RETURN(const auto group, ReadAccountFile(etc, "group"));
  ASSIGN_OR_RETURN(const auto shadow, ReadAccountFile(etc, "shadow"));
  ASSIGN_OR_RETURN(const auto gshadow, ReadAccountFile(etc, "gshadow"));
  if (!passwd || !group)
    return Error(ErrorKind::kNotFound, "no_account_files",
                 "no /etc/passwd and /etc/group to add accounts to");
  AccountTexts texts{.passwd = passwd->text, .group = group->text, .shadow = {}, .gshadow = {}};
  if (shadow) texts.shadow = shadow->text;
  if (gshadow) texts.gshadow = gshadow->text;

  const auto note = [&](std::string refusal) {
    if (!refusal.empty()) findings.push_back(std::move(refusal));
  };
  for (const enroll::ModuleGroup& wanted_group : wanted.groups) note(AddGroup(wanted_group, texts));
  for (const enroll::ModuleUser& user : wanted.users) note(AddUser(user, texts));

  const auto write = [&](const std::string& name, const std::optional<AccountFile>& before,
                         const std::string& after) {
    return !before || before->text == after ? Ok()
                                            : ReplaceFileAt(etc, name, after, before->ownership);
  };
  // An account is there once it stands in passwd or group: what belongs to it comes before.
  if (texts.gshadow) RETURN_IF_ERROR(write("gshadow", gshadow, *texts.gshadow));
  RETURN_IF_ERROR(write("group", group, texts.group));
  if (texts.shadow) RETURN_IF_ERROR(write("shadow", shadow, *texts.shadow));
  return write("passwd", passwd, texts.passwd);
}

}  // namespace

std::vector<std::string> MergeAccounts(const std::string& root, const Composition& composition) {
  std::vector<std::string> findings;
  const WantedAccounts wanted = AccountsOf(composition);
  if (wanted.groups.empty() && wanted.users.empty()) return findings;
  if (Status merged = Merge(root, wanted, findings); !merged)
    findings.push_back("accounts: " + merged.error().message());
  return findings;
}

}  // namespace powernode::runtime
