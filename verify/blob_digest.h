// The SHA-256 of a module blob: the bytes the platform serves and the store keeps. A type of its
// own, because the other digests of a module (fs-verity of the image, of an object) have the same
// length and are never compared with it (field lesson MO-5). Every spelling of a digest goes
// through Parse, so that there is one spelling inside (MO-7).
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/base/sha256.h"

namespace powernode::verify {

class BlobDigest {
 public:
  explicit BlobDigest(const Sha256Bytes& bytes) : bytes_(bytes) {}

  // "sha256:<64 hex>" or the 64 digits alone, any case. kInvalid "bad_digest".
  static Result<BlobDigest> Parse(std::string_view text);
  static BlobDigest Of(std::string_view content);

  std::string ToString() const;  // "sha256:<64 lower-case hex>"
  std::string Hex() const;       // the 64 digits
  std::string Short() const;     // the first 12 digits, for people
  const Sha256Bytes& bytes() const { return bytes_; }

  auto operator<=>(const BlobDigest&) const = default;

 private:
  Sha256Bytes bytes_;
};

}  // namespace powernode::verify
