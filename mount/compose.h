// Composes verified images into one root: an EROFS mount per image below $R/layers, one flat
// overlay over them in priority order, upper and work directory on one fresh tmpfs (node-files.md
// §11). A composefs image is a layer like any other; the bytes of its files come from the object
// store, which is the overlay's data-only layer (mount/README.md).
//
// Everything is built and read back at a private place; one visible call, Composition::Commit,
// moves the union to its target. What was not committed is unmounted in reverse order, only our own
// mounts and never lazily, so that a failure at any step leaves the mount table as it was.
//
// A target that is a union place (union_place.h) may show another union: Commit exchanges the two,
// TakeBack exchanges them again, and what is not used any more goes with ReleaseFormerUnions.
//
//   ASSIGN_OR_RETURN(Composition composition, Compose(paths, features, std::move(request)));
//   RETURN_IF_ERROR(composition.Commit());
//
// $R/compose.lock is held from Compose to the end of Commit (MO-10).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/lock_file.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "mount/complete_objects.h"
#include "mount/enforcement.h"
#include "mount/kernel_features.h"
#include "mount/mount_undo.h"
#include "verify/verified_image.h"

namespace powernode::mount {

struct LayerRequest {
  std::string module_id;
  std::string name;
  std::int64_t effective_priority = 0;
  verify::VerifiedImage image;
  std::optional<CompleteObjects> objects;  // of a composefs image; others have none
};

struct ComposeRequest {
  std::vector<LayerRequest> layers;  // in any order
  std::string target;                // an existing directory: --sysroot, or $R/union in host mode
  std::uint64_t scratch_mib = 512;
  std::chrono::milliseconds lock_patience{60'000};
  // Are objects held to their digests by the kernel? kRequire: a composefs image whose objects are
  // not is refused; a confirmed set, which boots all the same, is composed with kAuto.
  verify::VerityMode verity = verify::VerityMode::kAuto;
};

struct ComposedLayer {
  std::string module_id;
  std::string name;
  std::int64_t effective_priority = 0;
  verify::BlobDigest digest;
  std::string mountpoint;
  bool reused = false;  // was mounted before, from the same file
  Enforcement enforcement = Enforcement::kWhenStored;
  verify::VerificationReport report;
};

class Composition {
 public:
  Composition(Composition&&) noexcept = default;
  Composition& operator=(Composition&&) = delete;
  ~Composition();  // unwinds what was not committed

  // Lowest first, one for each module of the request; modules with the same digest share a
  // mountpoint.
  const std::vector<ComposedLayer>& layers() const { return layers_; }
  const std::string& target() const { return target_; }
  // Where the union can be looked at and written to before Commit; afterwards it is at the target.
  const std::string& staged_root() const { return already_mounted_ ? target_ : staging_; }
  // The target already shows exactly these layers; Commit has nothing to do.
  bool already_mounted() const { return already_mounted_; }

  // Another union is at the target, which Commit puts aside.
  bool replaces() const { return aside_.has_value(); }

  // The union appears at the target. On failure everything is unwound.
  Status Commit();
  // How long Commit left nothing at the target; zero where the kernel needs no gap.
  std::chrono::nanoseconds gap() const { return gap_; }
  // After Commit, for one that replaces: the former union is at the target again.
  Status TakeBack();
  // Gives it up now and says what could not be undone; the destructor can only keep silent about
  // it.
  Status Unwind();

 private:
  friend class Composer;
  Composition() = default;
  Status Exchange();

  std::vector<ComposedLayer> layers_;
  std::string target_;
  std::string staging_;
  bool already_mounted_ = false;
  std::optional<std::string> aside_;  // where the former union goes
  KernelFeatures features_;
  std::chrono::nanoseconds gap_{0};
  MountUndo undo_;
  std::optional<LockFile> lock_;
};

// What Compose refuses before it touches anything: kUnsupported "kernel_feature_missing",
// "kernel_too_old"; those of DetectFormat; for a composefs image kCannotTell "objects_not_proven"
// without its objects, "verity_required", kRefuted "objects_of_another_image"; kInvalid
// "bad_objects_directory".
Status CheckLayers(const Paths& paths, const KernelFeatures& features,
                   const std::vector<LayerRequest>& layers, verify::VerityMode verity);

// Errors: those of CheckLayers; kRefuted "reserved_name" of CheckRootNames; kBusy
// "target_in_use", "layer_in_use", "scratch_in_use", "locked"; kInvalid of OrderLayers; kCannotTell
// "mount_table_unreadable"; kRefuted "union_differs" when the kernel's read-back is not what was
// asked for; "mount_failed" with the kernel's own words.
Result<Composition> Compose(const Paths& paths, const KernelFeatures& features,
                            ComposeRequest request);

}  // namespace powernode::mount
