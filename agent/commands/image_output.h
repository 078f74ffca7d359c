// Where `pack` writes an image: a file that appears under its name only whole and durable, standard
// output, or nowhere when only the digest is wanted. Both digests are taken while it is written.
#pragma once

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>

#include "agent/base/fd.h"
#include "agent/base/result.h"
#include "verify/blob_digest.h"
#include "verify/fsverity_hash.h"
#include "verify/sha256.h"
#include "verify/verity_identity.h"

namespace powernode::commands {

class ImageOutput {
 public:
  // `target`: a path, "-" for standard output, "" for nowhere. kInvalid "bad_flags" for a terminal,
  // and for what is there and no regular file.
  static Result<ImageOutput> Open(const std::string& target);

  ImageOutput(ImageOutput&& other) noexcept;
  ImageOutput& operator=(ImageOutput&&) = delete;
  ~ImageOutput();  // what was not finished leaves nothing

  Status Write(std::span<const std::byte> bytes);

  struct Digests {
    verify::ImageVerity fsverity;
    verify::BlobDigest sha256;
  };
  // The file has its name, 0644, durably.
  Result<Digests> Finish() &&;

 private:
  explicit ImageOutput(std::string target) : target_(std::move(target)) {}

  std::string target_;
  std::string temporary_;  // empty: none
  Fd fd_;                  // none: nowhere
  verify::FsVerityHash fsverity_;
  verify::Sha256 sha256_;
};

}  // namespace powernode::commands
