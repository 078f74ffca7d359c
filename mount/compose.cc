#include "mount/compose.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <utility>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/erofs_superblock.h"
#include "mount/former_unions.h"
#include "mount/hidden_names.h"
#include "mount/layer.h"
#include "mount/layer_order.h"
#include "mount/mount_api.h"
#include "mount/mount_table.h"
#include "mount/overlay.h"
#include "mount/scratch.h"
#include "mount/union_place.h"

namespace powernode::mount {
namespace {

constexpr std::size_t kMaxPath = 255;  // of a string given to fsconfig(2)

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

// What each composefs image hides; those that hide nothing are left out.
using Hidden = std::map<verify::BlobDigest, HiddenNames>;

Result<Hidden> FindHidden(const std::vector<LayerRequest>& layers) {
  Hidden hidden;
  for (const LayerRequest& layer : layers) {
    if (!layer.objects || hidden.contains(layer.image.digest())) continue;
    ASSIGN_OR_RETURN_CONTEXT(HiddenNames names,
                             FindHiddenNames(layer.image.fd(), layer.image.size()),
                             "mount module " + NameOf(layer));
    if (!names.whiteouts.empty() || !names.opaque.empty())
      hidden.emplace(layer.image.digest(), std::move(names));
  }
  return hidden;
}

std::string WhiteoutsPath(const Scratch& scratch, const verify::BlobDigest& digest) {
  return JoinPath(scratch.hidden, digest.Hex() + ".whiteouts");
}
std::string OpaquePath(const Scratch& scratch, const verify::BlobDigest& digest) {
  return JoinPath(scratch.hidden, digest.Hex() + ".opaque");
}

// Highest first. Of layers with one digest only the highest counts: the lower ones could not be
// seen, and the kernel refuses one directory twice.
UnionPlan PlanUnion(const Paths& paths, const KernelFeatures& features,
                    const std::vector<LayerRequest>& lowest_first, const Hidden& hidden,
                    verify::VerityMode verity, Scratch scratch) {
  UnionPlan plan{.layers_directory = paths.layers, .scratch = std::move(scratch)};
  // One object without fs-verity would be EIO under "require": all of the union's or none.
  plan.require_verity = verity != verify::VerityMode::kOff && features.overlay_verity;
  for (const LayerRequest& layer : lowest_first) {
    if (!layer.objects) continue;
    plan.objects = paths.objects;
    plan.require_verity = plan.require_verity && layer.objects->kernel_verity();
  }
  plan.require_verity = plan.require_verity && !plan.objects.empty();
  for (auto layer = lowest_first.rbegin(); layer != lowest_first.rend(); ++layer) {
    const verify::BlobDigest& digest = layer->image.digest();
    const std::string path = LayerPath(paths, digest);
    if (std::ranges::find(plan.lowers, path) != plan.lowers.end()) continue;
    const auto hides = hidden.find(digest);
    const bool has_whiteouts = hides != hidden.end() && !hides->second.whiteouts.empty();
    const bool has_opaque = hides != hidden.end() && !hides->second.opaque.empty();
    if (has_whiteouts) plan.lowers.push_back(WhiteoutsPath(plan.scratch, digest));
    plan.lowers.push_back(path);
    if (has_opaque) plan.lowers.push_back(OpaquePath(plan.scratch, digest));
  }
  return plan;
}

ComposedLayer Describe(const Paths& paths, const UnionPlan& plan, const LayerRequest& layer,
                       LayerOrigin origin) {
  const bool held = layer.image.report().kernel_verity && (!layer.objects || plan.require_verity);
  return ComposedLayer{.module_id = layer.module_id,
                       .name = layer.name,
                       .effective_priority = layer.effective_priority,
                       .digest = layer.image.digest(),
                       .mountpoint = LayerPath(paths, layer.image.digest()),
                       .reused = origin == LayerOrigin::kReused,
                       .enforcement = held ? Enforcement::kKernel : Enforcement::kWhenStored,
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
    if (DirectoryOf(lower) == plan.scratch.hidden) continue;
    const MountEntry* layer = table.FindAt(lower);
    if (layer == nullptr || layer->fs_type != "erofs") return Differs("no EROFS layer at " + lower);
  }
  return Ok();
}

Status CheckObjects(const Paths& paths, const KernelFeatures& features, const LayerRequest& layer,
                    verify::VerityMode verity) {
  RETURN_IF_ERROR(RequireForObjects(features));
  if (!layer.objects)
    return Error(ErrorKind::kCannotTell, "objects_not_proven",
                 "it is a composefs image, and nobody has shown that its objects are in the store");
  if (layer.objects->image() != layer.image.digest())
    return Error(ErrorKind::kRefuted, "objects_of_another_image",
                 "its objects were completed for the image " + layer.objects->image().ToString());
  if (paths.objects.size() > kMaxPath || paths.objects.find_first_of(kAwkward) != std::string::npos)
    return Error(
        ErrorKind::kInvalid, "bad_objects_directory",
        "the object store \"" + paths.objects + "\" has a path that mount options cannot carry");
  if (verity != verify::VerityMode::kRequire) return Ok();
  RETURN_IF_ERROR(RequireForVerity(features));
  if (!layer.objects->kernel_verity())
    return Error(ErrorKind::kCannotTell, "verity_required",
                 "the policy wants the kernel to hold every read to its digest, and fs-verity is "
                 "not enabled on all of its objects in " +
                     paths.objects);
  return Ok();
}

Status CheckLayer(const Paths& paths, const KernelFeatures& features, const LayerRequest& layer,
                  verify::VerityMode verity) {
  ASSIGN_OR_RETURN(const ImageFormat format, DetectFormat(layer.image));
  switch (format) {
    case ImageFormat::kErofs:
      return Ok();
    case ImageFormat::kComposefs:
      return CheckObjects(paths, features, layer, verity);
  }
  return Ok();
}

}  // namespace

Status CheckLayers(const Paths& paths, const KernelFeatures& features,
                   const std::vector<LayerRequest>& layers, verify::VerityMode verity) {
  RETURN_IF_ERROR(RequireForLayers(features));
  RETURN_IF_ERROR(RequireForUnion(features));
  for (const LayerRequest& layer : layers)
    RETURN_IF_ERROR_CONTEXT(CheckLayer(paths, features, layer, verity),
                            "mount module " + NameOf(layer));
  return Ok();
}

// Carries a plan out; everything it mounts is in the composition's undo list from the moment it
// exists.
class Composer {
 public:
  Composer(const Paths& paths, const KernelFeatures& features)
      : paths_(paths), features_(features) {}

  Result<Composition> Run(ComposeRequest request) {
    RETURN_IF_ERROR(SortLayers(request.layers));
    RETURN_IF_ERROR(CheckLayers(paths_, features_, request.layers, request.verity));
    if (paths_.run.find_first_of(kAwkward) != std::string::npos)
      return Error(
          ErrorKind::kInvalid, "bad_run_directory",
          "the directory \"" + paths_.run + "\" has a character that mount options cannot carry");

    Composition composition;
    ASSIGN_OR_RETURN(composition.target_, Resolved(request.target));
    ASSIGN_OR_RETURN(composition.lock_, TakeLock(request.lock_patience));
    composition.features_ = features_;
    ASSIGN_OR_RETURN(const MountTable table, MountTable::Read());
    ASSIGN_OR_RETURN(const Hidden hidden, FindHidden(request.layers));
    const auto plan_with = [&](Scratch scratch) {
      return PlanUnion(paths_, features_, request.layers, hidden, request.verity,
                       std::move(scratch));
    };

    Scratch scratch = ScratchAt(paths_.scratch);
    if (const std::optional<Scratch> former = UnionAt(composition.target_, table)) {
      const UnionPlan same = plan_with(*former);
      if (ShowsPlan(*table.FindAt(composition.target_), same)) {
        composition.already_mounted_ = true;
        for (const LayerRequest& layer : request.layers)
          composition.layers_.push_back(Describe(paths_, same, layer, LayerOrigin::kReused));
        return composition;
      }
      if (IsUnionPlace(table, composition.target_)) {
        ASSIGN_OR_RETURN(scratch, FreeScratch());
        composition.aside_ = former->staging;
      }
    }

    Status built = Build(request, plan_with(std::move(scratch)), hidden, composition);
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

  // The scratch of the union that stands there.
  std::optional<Scratch> UnionAt(const std::string& target, const MountTable& table) {
    const MountEntry* there = table.FindAt(target);
    if (there == nullptr || there->fs_type != "overlay") return std::nullopt;
    return ScratchOf(paths_, *there);
  }

  Result<Scratch> FreeScratch() {
    ASSIGN_OR_RETURN(const std::size_t held, ReleaseFormerScratches(paths_));
    ASSIGN_OR_RETURN(const MountTable table, MountTable::Read());
    for (const std::string& place : ScratchPlaces(paths_))
      if (table.FindAt(place) == nullptr) return ScratchAt(place);
    return Error(ErrorKind::kBusy, "former_unions_in_use",
                 std::to_string(held) +
                     " former unions are still in use: end the processes that work in them "
                     "(`fuser -vm " +
                     ScratchAt(paths_.scratch).staging + "` names those of the first)");
  }

  Status WriteHidden(const Scratch& scratch, const Hidden& hidden) {
    for (const auto& [digest, names] : hidden) {
      if (!names.whiteouts.empty())
        RETURN_IF_ERROR(WriteWhiteouts(WhiteoutsPath(scratch, digest), names));
      if (!names.opaque.empty()) RETURN_IF_ERROR(WriteOpaque(OpaquePath(scratch, digest), names));
    }
    return Ok();
  }

  Status Build(const ComposeRequest& request, const UnionPlan& plan, const Hidden& hidden,
               Composition& composition) {
    ASSIGN_OR_RETURN(const MountTable table, MountTable::Read());
    composition.staging_ = plan.scratch.staging;
    RETURN_IF_ERROR_CONTEXT(
        MountScratch(plan.scratch.mountpoint, request.scratch_mib, table, composition.undo_),
        "mount scratch");
    RETURN_IF_ERROR_CONTEXT(WriteHidden(plan.scratch, hidden), "say what modules hide");
    std::vector<LayerJob> jobs;
    jobs.reserve(request.layers.size());
    for (const LayerRequest& layer : request.layers)
      jobs.push_back({.name = NameOf(layer),
                      .image = &layer.image,
                      .format = layer.objects ? ImageFormat::kComposefs : ImageFormat::kErofs});
    ASSIGN_OR_RETURN(const std::vector<LayerOrigin> origins,
                     MountLayers(paths_, features_, table, jobs, composition.undo_));
    for (std::size_t i = 0; i < jobs.size(); ++i)
      composition.layers_.push_back(Describe(paths_, plan, request.layers[i], origins[i]));
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
  // The commit: before it nothing is visible, after it everything.
  Status moved = aside_ ? Exchange() : MoveMount(staging_, target_);
  if (!moved) {
    Error error = std::move(moved).error().WithContext("commit the union");
    if (Status undone = Unwind(); !undone) return std::move(error).AlsoFailed(undone.error());
    return error;
  }
  undo_.Release();
  lock_.reset();
  return Ok();
}

Status Composition::Exchange() {
  ASSIGN_OR_RETURN(gap_, ExchangeUnions(features_, staging_, target_, *aside_));
  return Ok();
}

Status Composition::TakeBack() {
  RETURN_IF_ERROR_CONTEXT(ExchangeUnions(features_, *aside_, target_, staging_),
                          "bring the former union back");
  return Ok();
}

Result<Composition> Compose(const Paths& paths, const KernelFeatures& features,
                            ComposeRequest request) {
  Result<Composition> composition = Composer(paths, features).Run(std::move(request));
  if (!composition) return std::move(composition).error().WithContext("compose root");
  return composition;
}

}  // namespace powernode::mount
