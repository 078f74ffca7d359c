// The proof that every object a composefs image needs is in the store, whole and under its digest:
// Compose() mounts a composefs image only with one (node-api.md §11.4: completeness comes from
// walking the image). Only ObjectPuller and ObjectCheck make one.
#pragma once

#include <cstdint>

#include "verify/blob_digest.h"

namespace powernode::mount {

class CompleteObjects {
 public:
  const verify::BlobDigest& image() const { return image_; }
  std::uint64_t count() const { return count_; }
  std::uint64_t bytes() const { return bytes_; }
  // Objects and bytes that had to be fetched; the rest was here.
  std::uint64_t fetched_count() const { return fetched_count_; }
  std::uint64_t fetched_bytes() const { return fetched_bytes_; }
  // The kernel holds every read of every object to its digest (fs-verity is enabled on all of
  // them).
  bool kernel_verity() const { return kernel_verity_; }

 private:
  friend class ObjectPuller;
  CompleteObjects(const verify::BlobDigest& image) : image_(image) {}

  verify::BlobDigest image_;
  std::uint64_t count_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t fetched_count_ = 0;
  std::uint64_t fetched_bytes_ = 0;
  bool kernel_verity_ = false;
};

}  // namespace powernode::mount
