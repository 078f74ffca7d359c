// Where blobs come from, as narrow as the puller needs it; NodeBlobSource is the platform.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "agent/base/result.h"
#include "verify/blob_digest.h"

namespace powernode::mount {

struct BlobWish {
  std::string module_id;
  verify::BlobDigest digest;
  std::uint64_t offset = 0;     // bytes that are here already; 0: the whole blob
  std::string etag;             // of the answer they came from: strong, with its quotes; or empty
  std::uint64_t max_bytes = 0;  // a longer answer is an error
};

struct BlobHead {
  std::uint64_t offset = 0;            // where the bytes that follow begin: the wish's, or 0
  std::optional<std::uint64_t> total;  // size of the whole blob
  std::string etag;                    // strong ones only
};

class BlobSource {
 public:
  virtual ~BlobSource() = default;

  // One attempt. `on_head` is called once, before the first byte; an error of it or of `sink` ends
  // the transfer and is passed on as it is. Of the source's own errors kUnavailable is worth
  // another attempt and the others are final, except kRefuted "range_not_satisfiable" and
  // "bad_content_range": begin again at byte 0.
  virtual Status FetchBlob(const BlobWish& wish,
                           const std::function<Status(const BlobHead&)>& on_head,
                           const std::function<Status(std::span<const std::byte>)>& sink,
                           std::stop_token stop) = 0;

  // The signature in any form of verify::ParseBlobSignature; nullopt when there is none.
  virtual Result<std::optional<std::string>> FetchSignature(const std::string& module_id,
                                                            std::stop_token stop) = 0;

  // How long the source asked to be left alone (Retry-After); zero: it did not.
  virtual std::chrono::milliseconds AskedToWait() const = 0;
};

}  // namespace powernode::mount
