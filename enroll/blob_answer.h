// The head of an answer with a blob, an object or many objects (node-api.md §11.1, §11.2, §11.4),
// checked before any byte of it is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/http.h"
#include "agent/base/result.h"

namespace powernode::enroll {

struct BlobHead {
  std::uint64_t offset = 0;            // where the bytes that follow begin: the one asked for, or 0
  std::optional<std::uint64_t> total;  // size of the whole blob
  std::string etag;                    // strong ones only
};

// kRefuted: "blob_not_served" (JSON or HTML came instead), "blob_superseded" (X-Module-Digest names
// another blob: ask for the module anew), "bad_content_range" (a part that was not asked for).
Result<BlobHead> ReadBlobHead(const HttpResponse& head, std::uint64_t offset,
                              std::string_view sha256_hex);

// Where the bytes that follow begin: the byte asked for, or 0. kRefuted: "object_not_served" (JSON
// or HTML came instead), "bad_content_range", "size_mismatch" (the whole has another size).
Result<std::uint64_t> ReadObjectHead(const HttpResponse& head, std::uint64_t offset,
                                     std::uint64_t size);

// kUnsupported "batch_unsupported" when the answer is no stream of objects.
Status CheckObjectStream(const HttpResponse& head);

}  // namespace powernode::enroll
