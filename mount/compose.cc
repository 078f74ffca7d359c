#include "mount/compose.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/erofs_superblock.h"
#include "mount/layer.h"
#include "mount/layer_order.h"
#include "mount/mount_api.h"
#include "mount/mount_table.h"
#include "mount/overlay.h"
#include "mount/scratch.h"

namespace powernode::mount {
namespace {

// Characters that separate mount options or are escaped in the mount table; the paths we choose
// have none.
constexpr std::string_view kAwkward = ",:\\ \t\n";

std::string NameOf(const LayerRequest& layer) {
  return layer.name.empty() ? layer.module_id : layer.name;
}

Result<std::string> Resolved(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr),
                                                             &std::free);
  if (!resolved) return SystemError("find " + path, errno);
  return std::string(resolved.get());
}

Status SortLayers(std::vector<LayerRequest>& layers) {
  std::vector<LayerKey> keys;
  keys.reserve(layers.size());
  for (const LayerRequest& layer : layers)
    keys.push_back({.module_id = layer.module_id, .effective_priority = layer.effective_priority});
  ASSIGN_OR_RETURN(const std::vector<std::size_t> order, OrderLayers(keys));
  std::vector<LayerRequest> sorted;
  sorted.reserve(layers.size());
  for (const std::size_t index : order) sorted.push_back(std::move(layers[index]));
  layers = std::move(sorted);
  return Ok();
}

// Highest first. Of layers with one digest only the highest counts: the lower ones could not be
// seen, and the kernel refuses one directory twice.
UnionPlan PlanUnion(const Paths& paths, const std::vector<LayerRequest>& lowest_first) {
  UnionPlan plan{.layers_directory = paths.layers, .lowers = {}, .scratch = ScratchPaths(paths)};
  for (auto layer = lowest_first.rbegin(); layer != lowest_first.rend(); ++layer) {
    std::string path = LayerPath(paths, layer->image.digest());
    if (std::ranges::find(plan.lowers, path) == plan.lowers.end())
      plan.lowers.push_back(std::move(path));
  }
  return plan;
}

ComposedLayer Describe(const Paths& paths, const LayerRequest& layer, LayerOrigin origin) {
  return ComposedLayer{.module_id = layer.module_id,
                       .name = layer.name,
                       .effective_priority = layer.effective_priority,
                       .digest = layer.image.digest(),
                       .mountpoint = LayerPath(paths, layer.image.digest()),
                       .reused = origin == LayerOrigin::kReused,
                       .report = layer.image.report()};
}

Error Differs(const std::string& what) {
  return Error(ErrorKind::kRefuted, "union_differs",
               "the mount table does not show what was mounted: " + what);
}

// The kernel's own account of the union and its layers, read once everything stands.
Status ReadBack(const UnionPlan& plan) {
  ASSIGN_OR_RETURN(const MountTable table, MountTable::Read());
  const MountEntry* entry = table.FindAt(plan.scratch.staging);
  if (entry == nullptr) return Differs("nothing at " + plan.scratch.staging);
  if (!ShowsPlan(*entry, plan))
    return Differs("other directories in " + entry->fs_type + " " + entry->fs_options);
  for (const std::string& lower : plan.lowers) {
    const MountEntry* layer = table.FindAt(lower);
    if (layer == nullptr || layer->fs_type != "erofs") return Differs("no EROFS layer at " + lower);
  }
  return Ok();
}

}  // namespace

// Carries a plan out; everything it mounts is in the composition's undo list from the moment it
// exists.
class Composer {
 public:
  Composer(const Paths& paths, const KernelFeatures& features)
      : paths_(paths), features_(features) {}

  Result<Composition> Run(ComposeRequest request) {
    RETURN_IF_ERROR(RequireForLayers(features_));
    RETURN_IF_ERROR(RequireForUnion(features_));
    RETURN_IF_ERROR(SortLayers(request.layers));
    for (const LayerRequest& layer : request.layers)
      RETURN_IF_ERROR_CONTEXT(CheckErofs(layer.image), "mount module " + NameOf(layer));
    if (paths_.run.find_first_of(kAwkward) != std::string::npos)
      return Error(
          ErrorKind::kInvalid, "bad_run_directory",
          "the directory \"" + paths_.run + "\" has a character that mount options cannot carry");

    Composition composition;
    ASSIGN_OR_RETURN(composition.target_, Resolved(request.target));
    ASSIGN_OR_RETURN(composition.lock_, TakeLock(request.lock_patience));
    ASSIGN_OR_RETURN(const MountTable table, MountTable::Read());
    const UnionPlan plan = PlanUnion(paths_, request.layers);

    if (const MountEntry* there = table.FindAt(composition.target_);
        there != nullptr && ShowsPlan(*there, plan)) {
      composition.already_mounted_ = true;
      for (const LayerRequest& layer : request.layers)
        composition.layers_.push_back(Describe(paths_, layer, LayerOrigin::kReused));
      return composition;
    }

    Status built = Build(request, plan, table, composition);
    if (built) return composition;
    Error error = std::move(built).error();
    if (Status undone = composition.Unwind(); !undone)
      return std::move(error).AlsoFailed(undone.error());
    return error;
  }

 private:
  Result<LockFile> TakeLock(std::chrono::milliseconds patience) {
    RETURN_IF_ERROR(MakeDirectories(paths_.layers, 0755));
    return LockFile::Take(paths_.compose_lock, "compose", patience);
  }

  Status Build(const ComposeRequest& request, const UnionPlan& plan, const MountTable& table,
               Composition& composition) {
    composition.staging_ = plan.scratch.staging;
    RETURN_IF_ERROR_CONTEXT(MountScratch(paths_, request.scratch_mib, table, composition.undo_),
                            "mount scratch");
    std::vector<LayerJob> jobs;
    jobs.reserve(request.layers.size());
    for (const LayerRequest& layer : request.layers)
      jobs.push_back({.name = NameOf(layer), .image = &layer.image});
    ASSIGN_OR_RETURN(const std::vector<LayerOrigin> origins,
                     MountLayers(paths_, features_, table, jobs, composition.undo_));
    for (std::size_t i = 0; i < jobs.size(); ++i)
      composition.layers_.push_back(Describe(paths_, request.layers[i], origins[i]));
    RETURN_IF_ERROR_CONTEXT(MountUnion(plan, features_, composition.undo_), "mount the union");
    return ReadBack(plan);
  }

  const Paths& paths_;
  const KernelFeatures& features_;
};

Composition::~Composition() { (void)Unwind(); }

Status Composition::Unwind() {
  Status undone = undo_.Run();
  lock_.reset();
  return undone;
}

Status Composition::Commit() {
  if (already_mounted_) {
    lock_.reset();
    return Ok();
  }
  Status moved = MoveMount(
      staging_, target_);  // the commit: before it nothing is visible, after it everything
  if (!moved) {
    Error error = std::move(moved).error().WithContext("commit the union");
    if (Status undone = Unwind(); !undone) return std::move(error).AlsoFailed(undone.error());
    return error;
  }
  undo_.Release();
  lock_.reset();
  return Ok();
}

Result<Composition> Compose(const Paths& paths, const KernelFeatures& features,
                            ComposeRequest request) {
  Result<Composition> composition = Composer(paths, features).Run(std::move(request));
  if (!composition) return std::move(composition).error().WithContext("compose root");
  return composition;
}

}  // namespace powernode::mount
