#include "runtime/masked_cmdline.h"

#include <sys/mount.h>

#include <cerrno>

#include "agent/base/files.h"
#include "agent/base/secret.h"
#include "identity/kernel_cmdline.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxBytes = 64 * 1024;

Status Mask(const Paths& paths) {
  Result<std::string> text = ReadFile(paths.kernel_cmdline, kMaxBytes);
  if (!text) return text.error().kind() == ErrorKind::kNotFound ? Ok() : Status(text.error());
  const Secret line(*std::move(text));
  const std::string masked = identity::MaskCommandLine(line.Reveal());
  if (masked == line.Reveal()) return Ok();
  RETURN_IF_ERROR(MakeDirectories(DirectoryOf(paths.masked_cmdline), 0755));
  RETURN_IF_ERROR(WriteFile(paths.masked_cmdline, masked, 0444));
  if (::mount(paths.masked_cmdline.c_str(), paths.kernel_cmdline.c_str(), nullptr, MS_BIND,
              nullptr) < 0)
    return SystemError("bind " + paths.masked_cmdline + " over it", errno);
  return Ok();
}

}  // namespace

Status MaskTokenOnCommandLine(const Paths& paths) {
  const Status masked = Mask(paths);
  if (masked) return Ok();
  return Error(masked.error().kind(), "cmdline_not_masked",
               "the bootstrap token stays readable in " + paths.kernel_cmdline + ": " +
                   masked.error().message());
}

}  // namespace powernode::runtime
