// The bytes to be trusted, as the checks need them: by their digests, and for Ed25519 keys, which
// sign no digest, as themselves. A caller may know the bytes, one or more digests, or both; what it
// gives is what is verified, so digests must come from the bytes that will be used
// (signatures.md, section 14.4).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "verify/x509/hash.h"

namespace powernode::verify::sigstore {

class Artifact {
 public:
  // Nothing but the digests that are set below is known.
  Artifact() = default;
  // The bytes must outlive the artifact. Digests that are not set are computed when first asked
  // for, and kept: an artifact belongs to one thread.
  explicit Artifact(std::string_view bytes) : bytes_(bytes) {}

  // `digest` as bytes. Ignored when its size is not the algorithm's.
  void SetDigest(x509::HashAlgorithm algorithm, std::string digest);

  const std::optional<std::string_view>& bytes() const { return bytes_; }
  // As bytes; nullopt when the caller gave neither this digest nor the bytes.
  std::optional<std::string> Digest(x509::HashAlgorithm algorithm) const;
  // False when nothing at all is known.
  bool IsKnown() const;

 private:
  std::optional<std::string_view> bytes_;
  mutable std::array<std::optional<std::string>, 3> digests_;
};

}  // namespace powernode::verify::sigstore
