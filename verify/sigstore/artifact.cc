#include "verify/sigstore/artifact.h"

#include <algorithm>
#include <utility>

namespace powernode::verify::sigstore {
namespace {

std::size_t Place(x509::HashAlgorithm algorithm) {
  switch (algorithm) {
    case x509::HashAlgorithm::kSha256:
      return 0;
    case x509::HashAlgorithm::kSha384:
      return 1;
    case x509::HashAlgorithm::kSha512:
      return 2;
  }
  return 0;
}

}  // namespace

void Artifact::SetDigest(x509::HashAlgorithm algorithm, std::string digest) {
  if (digest.size() == x509::DigestSize(algorithm)) digests_[Place(algorithm)] = std::move(digest);
}

std::optional<std::string> Artifact::Digest(x509::HashAlgorithm algorithm) const {
  std::optional<std::string>& digest = digests_[Place(algorithm)];
  if (!digest && bytes_) digest = x509::Digest(algorithm, *bytes_);
  return digest;
}

bool Artifact::IsKnown() const {
  return bytes_ || std::any_of(digests_.begin(), digests_.end(),
                               [](const auto& digest) { return digest.has_value(); });
}

}  // namespace powernode::verify::sigstore
