#include "agent/commands/introspect_store.h"

#include <algorithm>
#include <string_view>
#include <thread>

#include "agent/base/files.h"
#include "agent/commands/signals.h"
#include "mount/store_check.h"
#include "runtime/module_set.h"
#include "verify/fsverity_measure.h"

namespace powernode::commands {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

OrderedJson FilesJson(const mount::StoredFiles& files) {
  return {{"count", files.count}, {"bytes", files.bytes}};
}

OrderedJson ProblemsJson(const std::vector<mount::StoreProblem>& problems) {
  OrderedJson list = OrderedJson::array();
  for (const mount::StoreProblem& problem : problems)
    list.push_back({{"name", problem.name}, {"detail", problem.detail}});
  return list;
}

std::string FilesText(std::string_view label, const mount::StoredFiles& files) {
  return std::string(label) + std::to_string(files.count) + ", " + runtime::HumanSize(files.bytes) +
         "\n";
}

std::string ProblemsText(std::string_view label, const std::vector<mount::StoreProblem>& problems) {
  std::string text;
  for (const mount::StoreProblem& problem : problems)
    text += std::string(label) + problem.name + ": " + problem.detail + "\n";
  return text;
}

std::string NamesText(std::string_view label, const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += std::string(label) + name + "\n";
  return text;
}

void AddSpace(const Paths& paths, const runtime::Settings& settings, std::uint64_t allocated,
              Outcome& outcome) {
  outcome.details["allocated"] = allocated;
  outcome.details["budget"] = settings.cache_budget_mib * kMiB;
  outcome.details["floor"] = settings.cache_floor_mib * kMiB;
  outcome.text += "on disk     " + runtime::HumanSize(allocated) +
                  (settings.cache_budget_mib == 0
                       ? ", no budget"
                       : " of " + runtime::HumanSize(settings.cache_budget_mib * kMiB)) +
                  "\n";
  const Result<SpaceOnDisk> disk = FreeSpace(paths.cache);
  if (!disk) return;
  outcome.details["free"] = disk->free_bytes;
  outcome.text += "free        " + runtime::HumanSize(disk->free_bytes) + " of " +
                  runtime::HumanSize(disk->total_bytes) + ", the floor is " +
                  runtime::HumanSize(settings.cache_floor_mib * kMiB) + "\n";
}

void AddCheck(const mount::StoreCheck& check, std::uint64_t files, Outcome& outcome) {
  outcome.details["enforced_by_kernel"] = check.enforced;
  outcome.details["damaged"] = ProblemsJson(check.damaged);
  outcome.details["unreadable"] = ProblemsJson(check.unreadable);
  outcome.text += "enforced    " + std::to_string(check.enforced) + " objects by the kernel\n" +
                  ProblemsText("damaged     ", check.damaged) +
                  ProblemsText("unreadable  ", check.unreadable);
  if (check.damaged.empty() && check.unreadable.empty()) {
    outcome.text += "checked     all " + std::to_string(files) + " files are right\n";
    return;
  }
  const bool damaged = !check.damaged.empty();
  const std::vector<mount::StoreProblem>& worst = damaged ? check.damaged : check.unreadable;
  outcome.status = "error";
  outcome.error =
      Error(damaged ? ErrorKind::kRefuted : ErrorKind::kCannotTell,
            damaged ? "store_damaged" : "store_unreadable",
            std::to_string(worst.size()) + " of " + std::to_string(files) +
                (damaged ? " files are damaged, the first is " : " files cannot be read, first ") +
                worst.front().name + (damaged ? ": remove it, and it is fetched again" : ""));
  outcome.exit_code = ExitCodeOf(*outcome.error);
}

}  // namespace

Outcome IntrospectStore(const Context& context, StoreBytes bytes) {
  const Paths paths = context.paths();
  const Result<mount::StoreContents> contents = mount::LookIntoStore(paths);
  if (!contents) return Outcome::Failed("store", contents.error());
  Outcome outcome;
  outcome.stage = "store";
  outcome.details["directory"] = paths.cache;
  outcome.details["objects"] = FilesJson(contents->objects);
  outcome.details["blobs"] = FilesJson(contents->blobs);
  outcome.details["leftovers"] = contents->leftovers;
  outcome.details["foreign"] = contents->foreign;
  outcome.text = "store       " + paths.cache + "\n" +
                 FilesText("objects     ", contents->objects) +
                 FilesText("blobs       ", contents->blobs);
  AddSpace(paths, context.settings(), contents->allocated, outcome);
  outcome.text +=
      NamesText("unfinished  ", contents->leftovers) + NamesText("foreign     ", contents->foreign);
  if (bytes == StoreBytes::kCount) return outcome;

  const StopOnSignal signals;
  const std::size_t threads =
      std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, verify::kMaxMeasureThreads);
  const Result<mount::StoreCheck> check = mount::CheckStore(paths, threads, signals.token());
  if (!check) return Outcome::Failed("store", check.error());
  AddCheck(*check, contents->objects.count + contents->blobs.count, outcome);
  return outcome;
}

}  // namespace powernode::commands
