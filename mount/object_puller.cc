#include "mount/object_puller.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/composefs/image_reader.h"
#include "mount/free_space.h"
#include "mount/object_fetch.h"
#include "mount/stored_objects.h"
#include "verify/mapped_bytes.h"

namespace powernode::mount {
namespace {

using Objects = std::vector<NeededObject>;

std::uint64_t BytesOf(const Objects& objects) {
  std::uint64_t bytes = 0;
  for (const NeededObject& object : objects) bytes += object.size;
  return bytes;
}

// "3 objects, the first is sha256:…".
std::string Named(const Objects& objects) {
  return std::to_string(objects.size()) + (objects.size() == 1 ? " object" : " objects") +
         ", the first is " + objects.front().digest.ToString();
}

// Both by digest.
Objects Without(const Objects& all, const Objects& some) {
  Objects rest;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(), std::back_inserter(rest));
  return rest;
}

Objects Together(const Objects& some, const Objects& others) {
  Objects all;
  std::merge(some.begin(), some.end(), others.begin(), others.end(), std::back_inserter(all));
  return all;
}

// From the descriptor that was verified.
Result<Objects> ListNeeded(const verify::VerifiedImage& image) {
  if (image.size() > composefs::kMaxImageBytes)
    return Error(ErrorKind::kInvalid, "image_too_large",
                 "the image has " + std::to_string(image.size()) + " bytes, at most " +
                     std::to_string(composefs::kMaxImageBytes) + " are read");
  const auto size = static_cast<std::size_t>(image.size());
  if (const auto mapped = verify::MappedBytes::Of(image.fd(), 0, size))
    return composefs::ListObjects(mapped->bytes());
  std::vector<std::byte> bytes(size);
  for (std::size_t done = 0; done < size;) {
    ASSIGN_OR_RETURN(const std::size_t count,
                     Pread(image.fd(), std::span(bytes).subspan(done), done));
    if (count == 0)
      return Error(ErrorKind::kCannotTell, "file_changed", "the image became shorter");
    done += count;
  }
  return composefs::ListObjects(bytes);
}

// Room for the objects, and for a second copy of the large ones that are on their way.
SpaceNeed SpaceFor(const Objects& missing, std::uint64_t floor_mib) {
  const std::uint64_t bytes = BytesOf(missing);
  std::uint64_t on_their_way = 0;
  for (const NeededObject& object : missing)
    if (object.size >= kLargeObject) on_their_way += std::max(object.size, kBatchBytes);
  return {.missing = bytes,
          .reserve = bytes / 10 + std::min(on_their_way, bytes),
          .floor_bytes = floor_mib << 20};
}

}  // namespace

Result<CompleteObjects> ObjectPuller::Complete(const verify::VerifiedImage& image,
                                               const std::string& module,
                                               std::stop_token stop) const {
  Result<CompleteObjects> complete = CompleteThem(image, module, source_, std::move(stop));
  if (!complete)
    return std::move(complete).error().WithContext("complete the objects of module " + module);
  return complete;
}

Result<CompleteObjects> ObjectPuller::FromStore(const verify::VerifiedImage& image,
                                                const std::string& module,
                                                std::stop_token stop) const {
  Result<CompleteObjects> complete = CompleteThem(image, module, nullptr, std::move(stop));
  if (!complete)
    return std::move(complete).error().WithContext("find the objects of module " + module);
  return complete;
}

Result<CompleteObjects> ObjectPuller::CompleteThem(const verify::VerifiedImage& image,
                                                   const std::string& module, ObjectSource* source,
                                                   std::stop_token stop) const {
  ASSIGN_OR_RETURN(Objects needed, ListNeeded(image));
  std::sort(needed.begin(), needed.end());
  ASSIGN_OR_RETURN(Objects missing, store_.Missing(needed));
  const Objects stored = Without(needed, missing);
  ASSIGN_OR_RETURN(StoredObjects looked_at,
                   CheckStoredObjects(store_, stored, options_.verity, clock_, stop));
  if (source == nullptr && !looked_at.damaged.empty())
    return Error(ErrorKind::kRefuted, "object_damaged",
                 Named(looked_at.damaged) + ": the bytes in the store " + store_.directory() +
                     " have changed; with the platform in reach they are fetched again");
  if (source == nullptr && !missing.empty())
    return Error(ErrorKind::kNotFound, "objects_not_stored",
                 Named(missing) + ": not in the store " + store_.directory());
  missing = Together(missing, looked_at.damaged);

  std::optional<Error> not_enforced = std::move(looked_at.not_enforced);
  if (!missing.empty()) {
    RETURN_IF_ERROR(store_.Prepare());
    RETURN_IF_ERROR(RequireFreeSpace(store_.directory(), "the object store " + store_.directory(),
                                     SpaceFor(missing, options_.floor_mib)));
    for (const NeededObject& object : looked_at.damaged)
      RETURN_IF_ERROR(store_.Remove(object.digest));
    RETURN_IF_ERROR(Fetch(*source, missing, BytesOf(needed), module, stop));
  }
  if (!not_enforced && !missing.empty()) {
    ASSIGN_OR_RETURN(StoredObjects fetched,
                     CheckStoredObjects(store_, missing, options_.verity, clock_, stop));
    not_enforced = std::move(fetched.not_enforced);
  }
  // An image that the policy would not take, and that is used all the same (audit, last known
  // good), has objects that are used all the same.
  if (options_.verity == verify::VerityMode::kRequire && not_enforced &&
      image.report().violation.empty())
    return Error(
        ErrorKind::kCannotTell, "verity_required",
        "the policy wants the kernel to hold every read to its digest: " + not_enforced->message());

  CompleteObjects complete(image.digest());
  complete.count_ = needed.size();
  complete.bytes_ = BytesOf(needed);
  complete.fetched_count_ = missing.size();
  complete.fetched_bytes_ = BytesOf(missing);
  complete.kernel_verity_ = !not_enforced;
  return complete;
}

Status ObjectPuller::Fetch(ObjectSource& source, const std::vector<NeededObject>& missing,
                           std::uint64_t needed_bytes, const std::string& module,
                           const std::stop_token& stop) const {
  RETURN_IF_ERROR(MakeDirectories(options_.partial_directory, 0700));
  const std::uint64_t bytes = BytesOf(missing);
  ObjectMeter meter({.module = module,
                     .objects_total = missing.size(),
                     .bytes_total = bytes,
                     .bytes_present = needed_bytes - bytes},
                    clock_, options_.observer);
  const FetchTools tools{.store = store_,
                         .source = source,
                         .clock = clock_,
                         .meter = meter,
                         .verity = options_.verity == verify::VerityMode::kOff
                                       ? KernelVerity::kLeave
                                       : KernelVerity::kEnable,
                         .partial_directory = options_.partial_directory,
                         .retry_base = options_.retry_base};
  ObjectFetch fetch(tools, missing);
  RETURN_IF_ERROR(fetch.Run(stop));
  if (!fetch.absent().empty())
    return Error(ErrorKind::kRefuted, "objects_missing",
                 Named(fetch.absent()) +
                     ": the platform does not have them; publish the module's objects with its "
                     "image");
  meter.Finish();
  return Ok();
}

}  // namespace powernode::mount
