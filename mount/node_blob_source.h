// Blobs from the platform, over the node API's blob routes.
#pragma once

#include "enroll/node_api.h"
#include "enroll/session.h"
#include "mount/blob_source.h"

namespace powernode::mount {

class NodeBlobSource : public BlobSource {
 public:
  // `session` outlives the source.
  explicit NodeBlobSource(enroll::Session& session) : session_(session), api_(session) {}

  Status FetchBlob(const BlobWish& wish, const std::function<Status(const BlobHead&)>& on_head,
                   const std::function<Status(std::span<const std::byte>)>& sink,
                   std::stop_token stop) override;
  Result<std::optional<std::string>> FetchSignature(const std::string& module_id,
                                                    std::stop_token stop) override;
  std::chrono::milliseconds AskedToWait() const override;

 private:
  enroll::Session& session_;
  enroll::NodeApi api_;
};

}  // namespace powernode::mount
