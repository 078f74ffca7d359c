#include "agent/commands/measure.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

#include "agent/base/syscalls.h"
#include "verify/fsverity_measure.h"

namespace powernode::commands {
namespace {

// O_NONBLOCK: a pipe is refused, not waited for.
Result<verify::MeasuredFile> Measure(const std::string& path, const verify::MeasureOptions& options,
                                     const std::stop_token& stop) {
  ASSIGN_OR_RETURN(const Fd fd, Open(path, O_RDONLY | O_NONBLOCK));
  ASSIGN_OR_RETURN_CONTEXT(const verify::MeasuredFile file, verify::MeasureFile(fd, options, stop),
                           "measure " + path);
  return file;
}

// The files are mapped. One that gets shorter meanwhile leaves nothing to answer with: the process
// ends, and says so.
extern "C" void OnBusError(int) {
  constexpr std::string_view kMessage =
      "powernode-agent: measure: a file changed or became unreadable while it was read\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kMessage.data(), kMessage.size());
  ::_exit(kCouldNotTell);
}

std::string_view SourceName(verify::FsVeritySource source) {
  switch (source) {
    case verify::FsVeritySource::kKernel:
      return "kernel";
    case verify::FsVeritySource::kComputed:
      return "computed";
  }
  return "";
}

}  // namespace

Outcome MeasureFiles(const MeasureFlags& flags, std::stop_token stop) {
  const Result<verify::Sha256Engine> engine = verify::ForcedSha256Engine();
  if (!engine) return Outcome::Failed("measure", engine.error());
  if (std::signal(SIGBUS, OnBusError) == SIG_ERR)
    return Outcome::Failed("measure", SystemError("watch for SIGBUS", errno));
  const verify::MeasureOptions options{
      .threads = flags.threads, .access = verify::FileAccess::kMap, .engine = *engine};

  std::string lines;
  OrderedJson files = OrderedJson::array();
  std::optional<Error> failure;
  for (const std::string& path : flags.paths) {
    const Result<verify::MeasuredFile> file = Measure(path, options, stop);
    if (!file) {
      failure = failure ? std::move(*failure).AlsoFailed(file.error()) : file.error();
      if (stop.stop_requested()) break;
      continue;
    }
    lines += file->digest.ToString() + " " + path + "\n";
    files.push_back({{"path", path},
                     {"fsverity", file->digest.ToString()},
                     {"source", SourceName(file->source)}});
  }
  Outcome outcome;
  if (failure) outcome = Outcome::Failed("measure", *failure);
  outcome.stage = "measure";
  outcome.text = lines;
  outcome.details["files"] = std::move(files);
  return outcome;
}

}  // namespace powernode::commands
