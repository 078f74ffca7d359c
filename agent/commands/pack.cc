#include <memory>

#include "agent/commands/command.h"
#include "agent/commands/pack_image.h"
#include "agent/commands/pack_read.h"
#include "verify/fsverity_measure.h"

namespace powernode::commands {

std::function<Outcome(const Context&)> ConfigurePack(CLI::App& app) {
  auto flags = std::make_shared<PackFlags>();
  auto other = std::make_shared<std::string>();
  app.add_option("SOURCE", flags->source,
                 "the directory; with --from-dump a file, '-' is stdin; the image with --to-dump "
                 "and --compare")
      ->required();
  CLI::Option* const to_dump = app.add_flag("--to-dump", "print an image as a dump");
  CLI::Option* const compare =
      app.add_option("--compare", *other, "list what another image has differently")
          ->excludes(to_dump);
  const auto of_writing = [&](CLI::Option* option) {
    to_dump->excludes(option);
    compare->excludes(option);
    return option;
  };
  of_writing(app.add_option("--image", flags->image, "the image to write; '-' is stdout"));
  of_writing(
      app.add_flag("--print-digest", flags->print_digest,
                   "print the image's fs-verity digest; without --image nothing is written"));
  of_writing(app.add_option("--min-version", flags->min_version,
                            "the lowest format version to write, 0 or 1; alone: the version"));
  of_writing(app.add_option("--max-version", flags->max_version, "the highest"));
  of_writing(
      app.add_option("--threads", flags->threads, "how many read and hash; as many as processors")
          ->check(CLI::Range(std::size_t{1}, verify::kMaxMeasureThreads)));
  CLI::Option* const from_dump =
      of_writing(app.add_flag("--from-dump", flags->from_dump, "SOURCE is a dump, a line a file"));
  const auto of_directories = [&](CLI::Option* option) {
    from_dump->excludes(option);
    return of_writing(option);
  };
  of_directories(app.add_option("--objects", flags->objects,
                                "also keep the files' bytes in this object store"));
  of_directories(app.add_option("--epoch", flags->epoch, "every mtime, in seconds since 1970"));
  of_directories(app.add_flag("--skip-devices", flags->skip_devices, "leave devices out"));
  CLI::Option* const skip_xattrs = of_directories(
      app.add_flag("--skip-xattrs", flags->skip_xattrs, "take no extended attributes"));
  of_directories(app.add_flag("--user-xattrs", flags->user_xattrs, "take those of user.* alone"))
      ->excludes(skip_xattrs);
  return [flags, other, to_dump, compare](const Context& context) {
    if (to_dump->count() > 0) return DumpImage(flags->source);
    if (compare->count() > 0) return CompareImages(*other, flags->source);
    return PackImage(*flags, context.flags.json);
  };
}

}  // namespace powernode::commands
