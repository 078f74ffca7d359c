// Which file an fs-verity digest stands for. The fs-verity digest of a module's image, that of a
// composefs object and the SHA-256 of a blob (BlobDigest) look alike and name different things; as
// three types that do not convert, one is never compared with another (field lesson MO-5).
//
//   if (ImageVerity(file.fsverity()) != claim.image_verity) ...   // says what was measured
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>

#include "agent/base/result.h"
#include "verify/fsverity_digest.h"

namespace powernode::verify {

template <typename Of>
class VerityIdentity {
 public:
  explicit VerityIdentity(const FsVerityDigest& digest) : digest_(digest) {}

  // As FsVerityDigest::Parse.
  static Result<VerityIdentity> Parse(std::string_view text) {
    ASSIGN_OR_RETURN(const FsVerityDigest digest, FsVerityDigest::Parse(text));
    return VerityIdentity(digest);
  }

  std::string ToString() const { return digest_.ToString(); }
  std::string Hex() const { return digest_.Hex(); }
  const FsVerityDigest& digest() const { return digest_; }

  auto operator<=>(const VerityIdentity&) const = default;

 private:
  FsVerityDigest digest_;
};

using ImageVerity = VerityIdentity<struct ModuleImage>;       // the image that gets mounted
using ObjectVerity = VerityIdentity<struct ComposefsObject>;  // a file's data in the object store

}  // namespace powernode::verify
