#include "runtime/root_check.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"

namespace powernode::runtime {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half kOwnMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kOwnMachine = EM_AARCH64;
#else
#error "an ELF machine number for this architecture is needed here"
#endif

constexpr std::array kInits = {"/sbin/init", "/usr/sbin/init", "/usr/lib/systemd/systemd",
                               "/lib/systemd/systemd"};

Error NotBootable(std::string_view why) {
  return Error(ErrorKind::kRefused, "root_not_bootable",
               "the composed root cannot be booted: " + std::string(why));
}

// openat2(2) with RESOLVE_IN_ROOT: absolute links stay inside `root`.
Result<Fd> OpenInRoot(const Fd& root, const char* path) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  const long fd = ::syscall(SYS_openat2, root.get(), path, &how, sizeof(how));
  if (fd < 0) return SystemError(std::string("open ") + path, errno);
  return Fd(static_cast<int>(fd));
}

Status CheckInit(const Fd& root) {
  for (const char* path : kInits) {
    const Result<Fd> init = OpenInRoot(root, path);
    if (!init) continue;
    Elf64_Ehdr header{};
    ASSIGN_OR_RETURN(const std::size_t count,
                     Pread(*init, std::as_writable_bytes(std::span(&header, 1)), 0));
    if (count < sizeof(header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
      return NotBootable(std::string(path) + " is not an ELF program");
    if (header.e_machine != kOwnMachine)
      return NotBootable(std::string(path) + " is for another machine (ELF machine " +
                         std::to_string(header.e_machine) + ")");
    return Ok();
  }
  return NotBootable("no /sbin/init (is the base module assigned?)");
}

}  // namespace

Status CheckRoot(const std::string& root) {
  ASSIGN_OR_RETURN(const Fd fd, Open(root, O_RDONLY | O_DIRECTORY));
  RETURN_IF_ERROR(CheckInit(fd));
  struct stat info {};
  if (::fstatat(fd.get(), "sbin", &info, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT &&
      ::symlinkat("usr/sbin", fd.get(), "sbin") < 0)
    return SystemError("link sbin in the composed root", errno);
  for (const char* name : {"dev", "proc", "run", "sys"})
    if (::mkdirat(fd.get(), name, 0755) < 0 && errno != EEXIST)
      return SystemError(std::string("make directory ") + name + " in the composed root", errno);
  return Ok();
}

}  // namespace powernode::runtime
