#include "mount/node_object_source.h"

#include <utility>
#include <vector>

namespace powernode::mount {

Status NodeObjectSource::FetchMany(std::span<const NeededObject> objects, ObjectReceiver& receiver,
                                   std::stop_token stop) {
  std::vector<enroll::WantedObject> wanted;
  wanted.reserve(objects.size());
  for (const NeededObject& object : objects)
    wanted.push_back({.digest = object.digest, .size = object.size});
  const enroll::ObjectSink sink{
      .begin = [&](const enroll::WantedObject& o) { return receiver.Begin(o.digest, o.size); },
      .bytes = [&](std::span<const std::byte> bytes) { return receiver.Bytes(bytes); },
      .end = [&] { return receiver.End(); }};
  return api_.FetchObjects(wanted, sink, std::move(stop));
}

Status NodeObjectSource::FetchOne(const ObjectWish& wish,
                                  const std::function<Status(std::uint64_t)>& on_head,
                                  const std::function<Status(std::span<const std::byte>)>& sink,
                                  std::stop_token stop) {
  return api_.FetchObject(
      {.object = {.digest = wish.object.digest, .size = wish.object.size}, .offset = wish.offset},
      on_head, sink, std::move(stop));
}

std::chrono::milliseconds NodeObjectSource::AskedToWait() const {
  return session_.AskedToWait(enroll::LaneName::kDownload);
}

}  // namespace powernode::mount
