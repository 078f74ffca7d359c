// Composefs objects from the platform, over the session's download lane.
#pragma once

#include "enroll/node_api.h"
#include "enroll/session.h"
#include "mount/object_source.h"

namespace powernode::mount {

class NodeObjectSource : public ObjectSource {
 public:
  // `session` outlives the source.
  explicit NodeObjectSource(enroll::Session& session) : session_(session), api_(session) {}

  Status FetchMany(std::span<const NeededObject> objects, ObjectReceiver& receiver,
                   std::stop_token stop) override;
  Status FetchOne(const ObjectWish& wish, const std::function<Status(std::uint64_t)>& on_head,
                  const std::function<Status(std::span<const std::byte>)>& sink,
                  std::stop_token stop) override;
  std::chrono::milliseconds AskedToWait() const override;

 private:
  enroll::Session& session_;
  enroll::NodeApi api_;
};

}  // namespace powernode::mount
