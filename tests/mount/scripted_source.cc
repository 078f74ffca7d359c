#include "tests/mount/scripted_source.h"

#include <algorithm>

#include "agent/base/syscalls.h"

namespace powernode::testing {
namespace {

constexpr std::size_t kPiece = 16 * 1024;

}  // namespace

Status ScriptedSource::FetchBlob(const mount::BlobWish& wish,
                                 const std::function<Status(const mount::BlobHead&)>& on_head,
                                 const std::function<Status(std::span<const std::byte>)>& sink,
                                 std::stop_token stop) {
  wishes.push_back(wish);
  Attempt attempt;
  if (!script.empty()) {
    attempt = script.front();
    script.pop_front();
  }
  if (attempt.refuse) return *attempt.refuse;
  if (wish.offset > content.size())
    return Error(ErrorKind::kRefuted, "range_not_satisfiable", "416");
  const bool whole = attempt.ignore_range || (!wish.etag.empty() && wish.etag != etag);
  const std::size_t begin = whole ? 0 : wish.offset;
  mount::BlobHead head{.offset = begin, .total = {}, .etag = etag};
  if (announce_total) head.total = content.size();
  RETURN_IF_ERROR(on_head(head));

  std::string_view bytes = std::string_view(content).substr(begin);
  const bool cut = attempt.cut_after && *attempt.cut_after < bytes.size();
  if (cut) bytes = bytes.substr(0, *attempt.cut_after);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kPiece, bytes.size()))) {
    if (stop.stop_requested()) return Error(ErrorKind::kUnavailable, "cancelled", "stopped");
    const std::string_view piece = bytes.substr(0, kPiece);
    bytes_served += piece.size();
    RETURN_IF_ERROR(sink(AsBytes(piece)));
  }
  if (cut && !attempt.clean_end)
    return Error(ErrorKind::kUnavailable, "connection_lost", "connection lost");
  return Ok();
}

Result<std::optional<std::string>> ScriptedSource::FetchSignature(const std::string&,
                                                                  std::stop_token) {
  ++signatures_asked;
  if (signature_error) return *signature_error;
  return signature;
}

}  // namespace powernode::testing
