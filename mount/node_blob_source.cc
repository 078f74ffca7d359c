#include "mount/node_blob_source.h"

#include <utility>

namespace powernode::mount {

Status NodeBlobSource::FetchBlob(const BlobWish& wish,
                                 const std::function<Status(const BlobHead&)>& on_head,
                                 const std::function<Status(std::span<const std::byte>)>& sink,
                                 std::stop_token stop) {
  const enroll::BlobRequest request{.module_id = wish.module_id,
                                    .sha256_hex = wish.digest.Hex(),
                                    .offset = wish.offset,
                                    .if_range = wish.etag,
                                    .max_bytes = wish.max_bytes};
  const auto head = [&](const enroll::BlobHead& answer) {
    return on_head(BlobHead{.offset = answer.offset, .total = answer.total, .etag = answer.etag});
  };
  return api_.FetchBlob(request, head, sink, stop);
}

Result<std::optional<std::string>> NodeBlobSource::FetchSignature(const std::string& module_id,
                                                                  std::stop_token stop) {
  Result<std::string> text = api_.FetchSignature(module_id, stop);
  if (text) return std::optional<std::string>(std::move(text).value());
  if (text.error().kind() == ErrorKind::kNotFound) return std::optional<std::string>();
  return std::move(text).error();
}

std::chrono::milliseconds NodeBlobSource::AskedToWait() const {
  return session_.AskedToWait(enroll::LaneName::kDownload);
}

}  // namespace powernode::mount
