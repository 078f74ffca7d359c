#include "agent/commands/pack_image.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "agent/commands/image_output.h"
#include "agent/commands/signals.h"
#include "mount/composefs/directory_scan.h"
#include "mount/composefs/dump.h"
#include "mount/composefs/image_reader.h"
#include "mount/composefs/image_writer.h"
#include "mount/object_batch.h"
#include "verify/fsverity_measure.h"
#include "verify/sha256_engine.h"

namespace powernode::commands {
namespace {

namespace composefs = mount::composefs;

constexpr std::size_t kMaxDumpBytes = std::size_t{1} << 30;

Error BadFlags(std::string message) {
  return Error(ErrorKind::kInvalid, "bad_flags", std::move(message));
}

// The path without links; what is not there yet goes below its nearest parent that is.
std::string Resolve(const std::string& path) {
  if (char* real = realpath(path.c_str(), nullptr)) {
    std::string resolved = real;
    std::free(real);
    return resolved;
  }
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return path == "." ? path : Resolve(".") + "/" + path;
  return slash == 0 ? path : Resolve(path.substr(0, slash)) + path.substr(slash);
}

bool IsWithin(const std::string& inner, const std::string& outer) {
  const std::string below = Resolve(inner) + "/";
  const std::string above = Resolve(outer) + "/";
  return below.starts_with(above == "//" ? "/" : above);
}

Status CheckFlags(const PackFlags& flags, bool json) {
  if (flags.image.empty() && !flags.print_digest)
    return BadFlags("pack needs --image OUT, or --print-digest for the digest alone");
  if (flags.image == "-" && (json || flags.print_digest))
    return BadFlags("--image -: the image is what standard output has, and nothing else");
  if (!flags.objects.empty() && IsWithin(flags.objects, flags.source))
    return BadFlags("--objects: " + flags.objects + " is in " + flags.source +
                    ", and would become part of what is packed");
  return Ok();
}

// Only one bound given: mkcomposefs takes the lower for both, the upper for itself alone.
composefs::FormatVersions VersionsOf(const PackFlags& flags) {
  composefs::FormatVersions versions;
  if (flags.min_version) versions.min = versions.max = *flags.min_version;
  if (flags.max_version) versions.max = *flags.max_version;
  return versions;
}

composefs::ScanOptions ScanOptionsOf(const PackFlags& flags) {
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  composefs::ScanOptions options{
      .threads = flags.threads > 0 ? flags.threads
                                   : std::min<std::size_t>(processors, verify::kMaxMeasureThreads),
      .epoch = flags.epoch,
      .skip_devices = flags.skip_devices};
  if (flags.skip_xattrs) options.attributes = composefs::AttributeChoice::kNone;
  if (flags.user_xattrs) options.attributes = composefs::AttributeChoice::kUserOnly;
  return options;
}

Result<composefs::Tree> ReadDumpFile(const std::string& source) {
  const std::string name = source == "-" ? "standard input" : source;
  Fd fd;
  if (source == "-") {
    fd = Fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
    if (!fd.valid()) return SystemError(name, errno);
  } else {
    ASSIGN_OR_RETURN(fd, Open(source, O_RDONLY));
  }
  ASSIGN_OR_RETURN_CONTEXT(const std::string text, ReadFd(fd, kMaxDumpBytes), name);
  ASSIGN_OR_RETURN_CONTEXT(composefs::Tree tree, composefs::ReadDump(text), name);
  return tree;
}

// The objects become durable before there is an image that needs them.
Result<composefs::Tree> ReadSource(const PackFlags& flags, std::stop_token stop,
                                   OrderedJson& details) {
  if (flags.from_dump) return ReadDumpFile(flags.source);
  composefs::ScanOptions options = ScanOptionsOf(flags);
  if (flags.objects.empty()) {
    ASSIGN_OR_RETURN(composefs::ScanResult scanned,
                     composefs::ScanDirectory(flags.source, options, std::move(stop)));
    return std::move(scanned.tree);
  }
  const mount::ObjectStore store(flags.objects);
  RETURN_IF_ERROR(store.Prepare());
  ASSIGN_OR_RETURN(mount::ObjectBatch batch,
                   mount::ObjectBatch::Begin(store, mount::KernelVerity::kEnable));
  options.objects = &batch;
  ASSIGN_OR_RETURN(composefs::ScanResult scanned,
                   composefs::ScanDirectory(flags.source, options, std::move(stop)));
  ASSIGN_OR_RETURN(const mount::ObjectBatch::Committed committed, batch.Commit());
  details["new_objects"] = committed.objects;
  details["new_object_bytes"] = committed.bytes;
  return std::move(scanned.tree);
}

// Each object once: identical files share one.
void CountFiles(const composefs::Tree& tree, OrderedJson& details) {
  std::uint64_t files = 0;
  std::vector<std::pair<std::string_view, std::uint64_t>> objects;
  for (composefs::NodeId id = 0; id < tree.size(); ++id) {
    const composefs::Node& node = tree.at(id);
    if (!node.IsRegular()) continue;
    ++files;
    if (node.size > 0 && node.content.empty() && node.payload)
      objects.emplace_back(*node.payload, node.size);
  }
  std::sort(objects.begin(), objects.end());
  objects.erase(std::unique(objects.begin(), objects.end()), objects.end());
  std::uint64_t bytes = 0;
  for (const auto& [payload, size] : objects) bytes += size;
  details["files"] = files;
  details["objects"] = objects.size();
  details["object_bytes"] = bytes;
}

// A signal ends the wait for a dump on standard input at once; from then on there is something to
// clean up. The image is opened last, so that it is no part of a source that it lies in.
Result<OrderedJson> Pack(const PackFlags& flags) {
  std::optional<StopOnSignal> signals;
  if (!flags.from_dump) signals.emplace();
  OrderedJson added = OrderedJson::object();
  ASSIGN_OR_RETURN(composefs::Tree tree,
                   ReadSource(flags, signals ? signals->token() : std::stop_token(), added));
  OrderedJson counts = OrderedJson::object();
  CountFiles(tree, counts);
  if (!signals) signals.emplace();
  const std::stop_token stop = signals->token();
  ASSIGN_OR_RETURN(ImageOutput output, ImageOutput::Open(flags.image));

  std::uint64_t written = 0;
  const composefs::ImageSink sink = [&](std::span<const std::byte> bytes) -> Status {
    if (stop.stop_requested())
      return Error(ErrorKind::kUnavailable, "cancelled", "writing the image was stopped");
    written += bytes.size();
    if (written > composefs::kMaxImageBytes)
      return Error(ErrorKind::kInvalid, "image_too_large",
                   "the image would have more than " + std::to_string(composefs::kMaxImageBytes) +
                       " bytes, which no node takes");
    return output.Write(bytes);
  };
  ASSIGN_OR_RETURN_CONTEXT(const composefs::WrittenImage image,
                           composefs::WriteImage(std::move(tree), VersionsOf(flags), sink),
                           flags.source);
  ASSIGN_OR_RETURN(const ImageOutput::Digests digests, std::move(output).Finish());

  OrderedJson details = {{"digest", digests.fsverity.Hex()},
                         {"sha256", digests.sha256.Hex()},
                         {"size", image.size},
                         {"version", image.version}};
  details.update(counts);
  details.update(added);
  return details;
}

}  // namespace

Outcome PackImage(const PackFlags& flags, bool json) {
  const auto failed = [](Error error) {
    Outcome outcome = Outcome::Failed("pack", std::move(error));
    outcome.exit_code = kGeneric;
    return outcome;
  };
  if (Status good = CheckFlags(flags, json); !good) return failed(std::move(good).error());
  if (const Result<verify::Sha256Engine> engine = verify::ForcedSha256Engine(); !engine)
    return failed(engine.error());
  Result<OrderedJson> packed = Pack(flags);
  if (!packed) return failed(std::move(packed).error());
  Outcome outcome;
  outcome.stage = "pack";
  if (flags.image == "-") return outcome;
  if (flags.print_digest) outcome.text = (*packed)["digest"].get<std::string>() + "\n";
  outcome.details = *std::move(packed);
  return outcome;
}

}  // namespace powernode::commands
