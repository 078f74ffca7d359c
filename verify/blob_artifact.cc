#include "verify/blob_artifact.h"

#include <mbedtls/sha512.h>

#include <algorithm>
#include <array>
#include <vector>

#include "agent/base/syscalls.h"
#include "verify/sha256.h"

namespace powernode::verify {
namespace {

constexpr std::size_t kHashedAtOnce = 1024 * 1024;

// SHA-384 and SHA-512 of one pass.
class WideHash {
 public:
  WideHash() {
    mbedtls_sha512_init(&sha384_);
    mbedtls_sha512_init(&sha512_);
    (void)mbedtls_sha512_starts(&sha384_, 1);
    (void)mbedtls_sha512_starts(&sha512_, 0);
  }
  ~WideHash() {
    mbedtls_sha512_free(&sha384_);
    mbedtls_sha512_free(&sha512_);
  }
  WideHash(const WideHash&) = delete;
  WideHash& operator=(const WideHash&) = delete;

  void Update(const unsigned char* bytes, std::size_t size) {
    (void)mbedtls_sha512_update(&sha384_, bytes, size);
    (void)mbedtls_sha512_update(&sha512_, bytes, size);
  }
  std::string FinishSha384() { return Finish(sha384_, 48); }
  std::string FinishSha512() { return Finish(sha512_, 64); }

 private:
  static std::string Finish(mbedtls_sha512_context& context, std::size_t size) {
    std::array<unsigned char, 64> digest{};
    (void)mbedtls_sha512_finish(&context, digest.data());
    return {reinterpret_cast<const char*>(digest.data()), size};
  }

  mbedtls_sha512_context sha384_;
  mbedtls_sha512_context sha512_;
};

}  // namespace

sigstore::Artifact ArtifactOf(const BlobDigest& digest) {
  sigstore::Artifact artifact;
  artifact.SetDigest(x509::HashAlgorithm::kSha256,
                     {reinterpret_cast<const char*>(digest.bytes().data()), digest.bytes().size()});
  return artifact;
}

Result<sigstore::Artifact> WideArtifactOf(const DigestedFile& file, std::string& bytes) {
  const bool keep = file.size() <= kMaxBytesInMemory;
  bytes.clear();
  if (keep) bytes.reserve(static_cast<std::size_t>(file.size()));
  WideHash hash;
  Sha256 again;
  std::vector<std::byte> chunk(kHashedAtOnce);
  for (std::uint64_t at = 0; at < file.size();) {
    const std::size_t want =
        static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), file.size() - at));
    ASSIGN_OR_RETURN(const std::size_t got, Pread(file.fd(), std::span(chunk).first(want), at));
    if (got == 0) break;
    const auto* data = reinterpret_cast<const unsigned char*>(chunk.data());
    hash.Update(data, got);
    again.Update(std::span(chunk).first(got));
    if (keep) bytes.append(reinterpret_cast<const char*>(data), got);
    at += got;
  }
  // What was read now must be what was measured before.
  if (BlobDigest(again.Finish()) != file.digest())
    return Error(ErrorKind::kCannotTell, "file_changed", "the image changed while it was verified");
  sigstore::Artifact artifact =
      keep ? sigstore::Artifact(std::string_view(bytes)) : sigstore::Artifact();
  artifact.SetDigest(
      x509::HashAlgorithm::kSha256,
      {reinterpret_cast<const char*>(file.digest().bytes().data()), file.digest().bytes().size()});
  artifact.SetDigest(x509::HashAlgorithm::kSha384, hash.FinishSha384());
  artifact.SetDigest(x509::HashAlgorithm::kSha512, hash.FinishSha512());
  return artifact;
}

}  // namespace powernode::verify
