// What the module store must keep (node-files.md §10.3): the blobs of the running set, of the last
// known good sets and of the staged one, those that are mounted, and the objects that the composefs
// images among them name.
//
// Removing needs a proven "nobody uses it" (P2): a record or a mount table that cannot be read is
// an error, and then nothing is removed. An image that cannot be read keeps every object.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>

#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "mount/mount_table.h"
#include "runtime/composition.h"
#include "verify/blob_digest.h"
#include "verify/verity_identity.h"

namespace powernode::runtime {

class StoreReferences {
 public:
  // `wanted`: sets beside the recorded ones, such as the one that is about to be fetched.
  static Result<StoreReferences> Collect(const Paths& paths, const mount::MountTable& table,
                                         std::span<const Composition> wanted);

  bool Keeps(const verify::BlobDigest& blob) const;
  bool Keeps(const verify::ObjectVerity& object) const {
    return all_objects_.has_value() || objects_.contains(object);
  }
  // Why every object is kept; nullopt when it is known which are needed.
  const std::optional<Error>& all_objects() const { return all_objects_; }

 private:
  StoreReferences() = default;
  Status AddSet(const Composition& set);
  void AddMounted(const mount::MountTable& table);
  Status AddObjectsOf(const Paths& paths, const verify::BlobDigest& blob);

  std::set<verify::BlobDigest> blobs_;
  std::set<std::string> mounted_;  // the digits that layers are mounted under
  std::set<verify::ObjectVerity> objects_;
  std::optional<Error> all_objects_;
};

}  // namespace powernode::runtime
