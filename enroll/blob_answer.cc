#include "enroll/blob_answer.h"

#include <charconv>

#include "enroll/answer.h"
#include "enroll/digest_text.h"

namespace powernode::enroll {
namespace {

constexpr int kPartialContent = 206;
constexpr std::string_view kObjectStream = "application/vnd.powernode.objects.v1";

bool TakeNumber(std::string_view& text, std::uint64_t& out) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (problem != std::errc() || end == text.data()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool TakeText(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t total = 0;
};

// "bytes 1048576-5242879/5242880" (RFC 9110 §14.4); a total of "*" does not help us and is refused.
std::optional<ContentRange> ParseContentRange(std::string_view text) {
  ContentRange range;
  const bool good = TakeText(text, "bytes ") && TakeNumber(text, range.first) &&
                    TakeText(text, "-") && TakeNumber(text, range.last) && TakeText(text, "/") &&
                    TakeNumber(text, range.total);
  if (!good || !text.empty() || range.first > range.last || range.last >= range.total)
    return std::nullopt;
  return range;
}

bool IsDocument(std::string_view content_type) {
  return content_type.starts_with("application/json") || content_type.starts_with("text/html");
}

// Which bytes follow, and of how many in all.
Status ReadExtent(const HttpResponse& head, std::uint64_t offset, BlobHead& out) {
  if (head.status == kPartialContent) {
    const std::string_view text = head.Header("content-range").value_or("");
    const std::optional<ContentRange> range = ParseContentRange(text);
    if (!range || range->first != offset)
      return Error(ErrorKind::kRefuted, "bad_content_range",
                   "asked for the bytes from " + std::to_string(offset) +
                       ", and the platform sent \"" + PrintableText(text) + "\"");
    out.offset = offset;
    out.total = range->total;
    return Ok();
  }
  std::string_view length = head.Header("content-length").value_or("");
  std::uint64_t total = 0;
  if (TakeNumber(length, total) && length.empty()) out.total = total;
  return Ok();
}

}  // namespace

Result<BlobHead> ReadBlobHead(const HttpResponse& head, std::uint64_t offset,
                              std::string_view sha256_hex) {
  const std::string_view type = head.Header("content-type").value_or("");
  if (IsDocument(type))
    return Error(ErrorKind::kRefuted, "blob_not_served",
                 "the platform sent " + PrintableText(type) + " instead of the image");
  if (const std::optional<std::string_view> named = head.Header("x-module-digest")) {
    const Result<std::string> digest = ParseDigest(*named);
    if (digest && *digest != sha256_hex)
      return Error(ErrorKind::kRefuted, "blob_superseded",
                   "the platform serves another image by now: " + *digest + " instead of " +
                       std::string(sha256_hex));
  }
  BlobHead out;
  const std::string_view etag = head.Header("etag").value_or("");
  if (etag.starts_with('"')) out.etag = etag;
  RETURN_IF_ERROR(ReadExtent(head, offset, out));
  return out;
}

Result<std::uint64_t> ReadObjectHead(const HttpResponse& head, std::uint64_t offset,
                                     std::uint64_t size) {
  const std::string_view type = head.Header("content-type").value_or("");
  if (IsDocument(type))
    return Error(ErrorKind::kRefuted, "object_not_served",
                 "the platform sent " + PrintableText(type) + " instead of the object");
  BlobHead extent;
  RETURN_IF_ERROR(ReadExtent(head, offset, extent));
  if (extent.total && *extent.total != size)
    return Error(ErrorKind::kRefuted, "size_mismatch",
                 "the object has " + std::to_string(size) + " bytes and the platform serves " +
                     std::to_string(*extent.total));
  return extent.offset;
}

Status CheckObjectStream(const HttpResponse& head) {
  const std::string_view type = head.Header("content-type").value_or("");
  if (type == kObjectStream) return Ok();
  return Error(ErrorKind::kUnsupported, "batch_unsupported",
               "the platform sent " + PrintableText(type) + " instead of a stream of objects");
}

}  // namespace powernode::enroll
