// The content-addressed files that composefs images point at: $C/objects/<2 hex>/<62 hex>, named by
// the fs-verity digest of their bytes, 0444, with the kernel's fs-verity enabled where the file
// system can. One mapping from digest to path, and it is here (MO-7). Objects enter through
// ObjectBatch alone.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/result.h"
#include "mount/composefs/image_reader.h"
#include "verify/verity_identity.h"

namespace powernode::mount {

using composefs::NeededObject;

class ObjectStore {
 public:
  // `directory` need not exist: Prepare makes it.
  explicit ObjectStore(std::string directory) : directory_(std::move(directory)) {}

  // "xx/yyyy…": as images name it, relative to the store.
  static std::string NameOf(const verify::ObjectVerity& digest);

  const std::string& directory() const { return directory_; }
  std::string PathOf(const verify::ObjectVerity& digest) const;

  Status Prepare() const;

  // nullopt when it is not here: a file without a byte is what a power cut left, and no object.
  Result<std::optional<std::uint64_t>> SizeOf(const verify::ObjectVerity& digest) const;
  Result<bool> Has(const verify::ObjectVerity& digest) const;
  // Those of `wanted` that are not here, or not with their size; in the order of `wanted`.
  Result<std::vector<NeededObject>> Missing(std::span<const NeededObject> wanted) const;

  // Every object here, by digest; other names are passed over.
  Result<std::vector<NeededObject>> List() const;

  Status Remove(const verify::ObjectVerity& digest) const;

 private:
  std::string directory_;
};

}  // namespace powernode::mount
