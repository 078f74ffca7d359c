// A blob as a signature may have covered it. Nearly all are over the SHA-256 that every blob has
// anyway; the rest (P-384, P-521, Ed25519 over the bytes) is measured when the first try has
// failed, so that only who uses such a key pays for it.
#pragma once

#include <stop_token>
#include <string>

#include "agent/base/result.h"
#include "verify/digested_file.h"
#include "verify/sigstore/artifact.h"

namespace powernode::verify {

inline constexpr std::uint64_t kMaxBytesInMemory = 64ULL * 1024 * 1024;

// Known by its SHA-256.
sigstore::Artifact ArtifactOf(const BlobDigest& digest);

// Known by SHA-384 and SHA-512 as well, and by its bytes when there are at most kMaxBytesInMemory
// of them. `bytes` must outlive the artifact. Errors are those of reading the file.
Result<sigstore::Artifact> WideArtifactOf(const DigestedFile& file, std::string& bytes);

}  // namespace powernode::verify
