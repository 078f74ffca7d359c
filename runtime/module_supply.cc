#include "runtime/module_supply.h"

#include <array>
#include <span>
#include <utility>

#include "agent/base/syscalls.h"
#include "mount/composefs/image_reader.h"

namespace powernode::runtime {
namespace {

template <typename Source>
std::optional<Source> SourceOver(enroll::Session* session) {
  if (session == nullptr) return std::nullopt;
  return std::optional<Source>(std::in_place, *session);
}

template <typename Source>
Source* PointerTo(std::optional<Source>& source) {
  return source ? &*source : nullptr;
}

}  // namespace

ModuleSupply::ModuleSupply(const Paths& paths, verify::Policy policy, std::uint64_t floor_mib,
                           enroll::Session* session, Clock& clock, SupplyObservers observers)
    : verifier_(std::move(policy)),
      blobs_(paths, floor_mib),
      objects_(paths.objects),
      blob_source_(SourceOver<mount::NodeBlobSource>(session)),
      object_source_(SourceOver<mount::NodeObjectSource>(session)),
      observers_(std::move(observers)),
      puller_(blobs_, verifier_, PointerTo(blob_source_), clock,
              {.download = {.observer = [this](const mount::PullProgress& p) { NoteImage(p); }}}),
      object_puller_(objects_, PointerTo(object_source_), clock,
                     {.verity = verifier_.verity(),
                      .floor_mib = floor_mib,
                      .partial_directory = paths.partial,
                      .observer = observers_.objects}) {}

Status ModuleSupply::Prepare() const { return blobs_.Prepare(); }

Result<verify::VerifiedImage> ModuleSupply::BringImage(const mount::ModuleBlob& module,
                                                       Network network, std::stop_token stop) {
  return network == Network::kUse ? puller_.Pull(module, std::move(stop))
                                  : puller_.FromStore(module, std::move(stop));
}

Result<std::optional<mount::CompleteObjects>> ModuleSupply::BringObjects(
    const verify::VerifiedImage& image, const std::string& module, Network network,
    std::stop_token stop) {
  std::array<std::byte, 4> head{};
  ASSIGN_OR_RETURN(const std::size_t count, Pread(image.fd(), head, 0));
  if (count < head.size() || !mount::composefs::IsComposefs(head))
    return std::optional<mount::CompleteObjects>();
  ASSIGN_OR_RETURN(const mount::CompleteObjects objects,
                   network == Network::kUse
                       ? object_puller_.Complete(image, module, std::move(stop))
                       : object_puller_.FromStore(image, module, std::move(stop)));
  supplied_.fetched_bytes += objects.fetched_bytes();
  supplied_.fetched_objects += objects.fetched_count();
  supplied_.present_bytes += objects.bytes() - objects.fetched_bytes();
  supplied_.present_objects += objects.count() - objects.fetched_count();
  return std::optional(objects);
}

void ModuleSupply::NoteImage(const mount::PullProgress& progress) {
  if (progress.finished)
    (progress.from_store ? supplied_.present_bytes : supplied_.fetched_bytes) +=
        progress.bytes_done;
  if (observers_.images) observers_.images(progress);
}

}  // namespace powernode::runtime
