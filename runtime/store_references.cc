#include "runtime/store_references.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/base/files.h"
#include "mount/blob_listing.h"
#include "runtime/breadcrumb.h"
#include "runtime/image_objects.h"
#include "runtime/last_known_good.h"
#include "runtime/staged_set.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMountDigits = 32;  // of the blob's digest, in $R/layers/<32 hex>

}  // namespace

Result<StoreReferences> StoreReferences::Collect(const Paths& paths, const mount::MountTable& table,
                                                 std::span<const Composition> wanted) {
  StoreReferences references;
  ASSIGN_OR_RETURN_CONTEXT(const std::optional<Breadcrumb> running, ReadBreadcrumb(paths),
                           "the running set");
  if (running) RETURN_IF_ERROR_CONTEXT(references.AddSet(running->composition), "the running set");
  ASSIGN_OR_RETURN_CONTEXT(const std::vector<Composition> good, KeptSets(paths),
                           "the last known good sets");
  for (const Composition& set : good)
    RETURN_IF_ERROR_CONTEXT(references.AddSet(set), "the last known good sets");
  ASSIGN_OR_RETURN(const std::optional<Composition> staged, StagedSet(paths));
  if (staged) RETURN_IF_ERROR_CONTEXT(references.AddSet(*staged), "the staged set");
  for (const Composition& set : wanted)
    RETURN_IF_ERROR_CONTEXT(references.AddSet(set), "the wanted set");
  references.AddMounted(table);

  ASSIGN_OR_RETURN(const mount::BlobListing listing, mount::ListBlobs(paths));
  for (const mount::StoredBlob& blob : listing.blobs) {
    if (!references.Keeps(blob.digest)) continue;
    if (Status added = references.AddObjectsOf(paths, blob.digest); !added) {
      references.all_objects_ =
          std::move(added).error().WithContext("objects of the kept image " + blob.digest.Short());
      break;
    }
  }
  return references;
}

bool StoreReferences::Keeps(const verify::BlobDigest& blob) const {
  return blobs_.contains(blob) || mounted_.contains(blob.Hex().substr(0, kMountDigits));
}

Status StoreReferences::AddSet(const Composition& set) {
  for (const ComposedModule& module : set.modules) {
    ASSIGN_OR_RETURN_CONTEXT(const verify::BlobDigest digest,
                             verify::BlobDigest::Parse(module.digest), "module " + module.name);
    blobs_.insert(digest);
  }
  return Ok();
}

// By name, wherever in the table: the directory of the layers may have been moved with its mounts
// since.
void StoreReferences::AddMounted(const mount::MountTable& table) {
  for (const mount::MountEntry& entry : table.entries()) {
    const std::string name = BaseNameOf(entry.target);
    if (entry.fs_type == "erofs" && name.size() == kMountDigits) mounted_.insert(name);
  }
}

Status StoreReferences::AddObjectsOf(const Paths& paths, const verify::BlobDigest& blob) {
  ASSIGN_OR_RETURN(const std::optional<std::vector<mount::NeededObject>> needed,
                   ObjectsOfImage(paths, blob));
  if (!needed) return Ok();
  for (const mount::NeededObject& object : *needed) objects_.insert(object.digest);
  return Ok();
}

}  // namespace powernode::runtime
