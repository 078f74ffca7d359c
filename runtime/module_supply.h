// All that brings a module here: the stores, the verifier under the policy in force and, with a
// session, the platform as the source of images and objects; and the count of what came from where.
// One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "enroll/session.h"
#include "mount/complete_objects.h"
#include "mount/node_blob_source.h"
#include "mount/node_object_source.h"
#include "mount/object_puller.h"
#include "mount/puller.h"
#include "verify/image_verifier.h"

namespace powernode::runtime {

enum class Network { kUse, kForbid };  // kForbid: only what the store holds (last known good)

// Where the bytes came from. Images count as bytes, not as objects.
struct Supplied {
  std::uint64_t fetched_bytes = 0;
  std::uint64_t fetched_objects = 0;
  std::uint64_t present_bytes = 0;
  std::uint64_t present_objects = 0;
};

struct SupplyObservers {
  mount::PullObserver images;
  std::function<void(const mount::ObjectProgress&)> objects;
};

class ModuleSupply {
 public:
  // What is passed outlives the supply. `session` nullptr: only what the stores hold.
  ModuleSupply(const Paths& paths, verify::Policy policy, std::uint64_t floor_mib,
               enroll::Session* session, Clock& clock, SupplyObservers observers = {});
  ModuleSupply(const ModuleSupply&) = delete;
  ModuleSupply& operator=(const ModuleSupply&) = delete;

  Status Prepare() const;

  // Errors of mount::Puller.
  Result<verify::VerifiedImage> BringImage(const mount::ModuleBlob& module, Network network,
                                           std::stop_token stop);
  // nullopt when the image needs none, as it is no composefs image. Errors of mount::ObjectPuller.
  Result<std::optional<mount::CompleteObjects>> BringObjects(const verify::VerifiedImage& image,
                                                             const std::string& module,
                                                             Network network, std::stop_token stop);

  verify::VerityMode verity() const { return verifier_.verity(); }
  const Supplied& supplied() const { return supplied_; }

 private:
  void NoteImage(const mount::PullProgress& progress);

  verify::ImageVerifier verifier_;
  mount::BlobStore blobs_;
  mount::ObjectStore objects_;
  std::optional<mount::NodeBlobSource> blob_source_;
  std::optional<mount::NodeObjectSource> object_source_;
  SupplyObservers observers_;
  Supplied supplied_;
  mount::Puller puller_;
  mount::ObjectPuller object_puller_;
};

}  // namespace powernode::runtime
