#include "runtime/store_gc.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/blob_listing.h"
#include "mount/blob_store.h"
#include "mount/incoming_directory.h"
#include "mount/mount_table.h"
#include "mount/object_listing.h"
#include "mount/object_store.h"
#include "mount/store_lease.h"
#include "runtime/store_references.h"

namespace powernode::runtime {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;
constexpr std::int64_t kLongestPause = 7 * 24 * 3600;  // seconds, of a download

struct StoreListing {
  mount::BlobListing blobs;
  std::vector<mount::PartialDownload> partials;
  mount::ObjectListing objects;

  std::uint64_t Allocated() const {
    std::uint64_t bytes = 0;
    for (const mount::StoredBlob& blob : blobs.blobs) bytes += blob.allocated;
    for (const mount::PartialDownload& partial : partials) bytes += partial.allocated;
    for (const mount::StoredObject& object : objects.objects) bytes += object.allocated;
    return bytes;
  }
};

Result<StoreListing> List(const Paths& paths) {
  StoreListing listing;
  ASSIGN_OR_RETURN(listing.blobs, mount::ListBlobs(paths));
  ASSIGN_OR_RETURN(listing.partials, mount::ListPartials(paths));
  ASSIGN_OR_RETURN(listing.objects, mount::ListStore(mount::ObjectStore(paths.objects)));
  return listing;
}

// Bytes that images of the wanted sets still need.
std::uint64_t BytesToCome(std::span<const Composition> wanted, const mount::BlobListing& blobs) {
  std::uint64_t bytes = 0;
  for (const Composition& set : wanted)
    for (const ComposedModule& module : set.modules) {
      const Result<verify::BlobDigest> digest = verify::BlobDigest::Parse(module.digest);
      const bool here = digest && std::ranges::any_of(blobs.blobs, [&](const auto& blob) {
                          return blob.digest == *digest;
                        });
      if (!here) bytes += module.size + module.size / 10;  // as the store reckons
    }
  return bytes;
}

std::uint64_t Shortfall(std::uint64_t needed, std::uint64_t there) {
  return needed > there ? needed - there : 0;
}

Result<std::uint64_t> BytesToFree(const Paths& paths, const StoreLimits& limits,
                                  std::uint64_t to_come, std::uint64_t allocated) {
  ASSIGN_OR_RETURN(const SpaceOnDisk disk, FreeSpace(paths.cache));
  const std::uint64_t for_floor = Shortfall(limits.floor_mib * kMiB + to_come, disk.free_bytes);
  const std::uint64_t for_budget =
      limits.budget_mib == 0 ? 0 : Shortfall(allocated + to_come, limits.budget_mib * kMiB);
  return std::max(for_floor, for_budget);
}

std::vector<Removable> Unreferenced(const Paths& paths, const StoreListing& listing,
                                    const StoreReferences& references, std::int64_t now_unix) {
  const mount::BlobStore blobs(paths, 0);
  const mount::ObjectStore objects(paths.objects);
  std::vector<Removable> removable;
  const auto add = [&](std::vector<std::string> files, std::uint64_t bytes, std::int64_t mtime) {
    std::string name = files.back().substr(paths.cache.size() + 1);
    removable.push_back(
        {.name = std::move(name), .paths = std::move(files), .bytes = bytes, .mtime = mtime});
  };
  for (const mount::StoredBlob& blob : listing.blobs.blobs)
    if (!references.Keeps(blob.digest))
      add({blobs.SignaturePathOf(blob.digest), blobs.PathOf(blob.digest)}, blob.allocated,
          blob.mtime);
  for (const mount::StoredObject& stored : listing.objects.objects)
    if (!references.Keeps(stored.object.digest))
      add({objects.PathOf(stored.object.digest)}, stored.allocated, stored.mtime);
  for (const mount::PartialDownload& partial : listing.partials) {
    if (now_unix - partial.mtime < kLongestPause) continue;
    std::vector<std::string> files;
    for (const std::string& name : partial.names) files.push_back(JoinPath(paths.partial, name));
    add(std::move(files), partial.allocated, partial.mtime);
  }
  std::ranges::sort(removable, {},
                    [](const Removable& file) { return std::tie(file.mtime, file.name); });
  return removable;
}

// The oldest, as many as free that much.
void LimitTo(std::vector<Removable>& removable, std::uint64_t bytes_to_free) {
  std::uint64_t bytes = 0;
  auto end = removable.begin();
  while (end != removable.end() && bytes < bytes_to_free) bytes += (end++)->bytes;
  removable.erase(end, removable.end());
}

Status Remove(const std::vector<Removable>& removable) {
  for (const Removable& file : removable)
    for (const std::string& path : file.paths)
      if (Status removed = Unlink(path); !removed && removed.error().kind() != ErrorKind::kNotFound)
        return std::move(removed).error().WithContext("collect garbage");
  return Ok();
}

}  // namespace

Result<GcOutcome> CollectGarbage(const GcRequest& request, std::int64_t now_unix) {
  const Paths& paths = request.paths;
  GcOutcome outcome;
  if (!Exists(paths.cache)) return outcome;
  ASSIGN_OR_RETURN(const mount::StoreLease lease, mount::StoreLease::ToCollect(paths));
  ASSIGN_OR_RETURN_CONTEXT(const StoreListing listing, List(paths), "collect garbage");
  std::optional<std::uint64_t> bytes_to_free;
  if (request.limits) {
    ASSIGN_OR_RETURN_CONTEXT(
        bytes_to_free,
        BytesToFree(paths, *request.limits, BytesToCome(request.wanted, listing.blobs),
                    listing.Allocated()),
        "collect garbage");
    if (*bytes_to_free == 0) return outcome;
  }
  ASSIGN_OR_RETURN_CONTEXT(const mount::MountTable table,
                           mount::MountTable::Read(request.mount_table),
                           "collect garbage: nothing is removed");
  ASSIGN_OR_RETURN_CONTEXT(const StoreReferences references,
                           StoreReferences::Collect(paths, table, request.wanted),
                           "collect garbage: nothing is removed");
  outcome.kept_all = references.all_objects();
  outcome.removable = Unreferenced(paths, listing, references, now_unix);
  if (bytes_to_free) LimitTo(outcome.removable, *bytes_to_free);
  for (const Removable& file : outcome.removable) outcome.bytes += file.bytes;
  if (request.collect == Collect::kPlan) return outcome;
  mount::IncomingDirectory::RemoveAbandoned(mount::ObjectStore(paths.objects));
  RETURN_IF_ERROR(Remove(outcome.removable));
  return outcome;
}

}  // namespace powernode::runtime
