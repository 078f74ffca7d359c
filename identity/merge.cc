#include "identity/merge.h"

namespace powernode::identity {
namespace {

template <typename T>
void TakeFirst(std::optional<Sourced<T>>& field, const std::optional<T>& value,
               const Reading& reading) {
  if (!field && value)
    field = Sourced<T>{*value, {.source = reading.source, .read_at = reading.read_at}};
}

}  // namespace

Draft Merge(std::span<const Reading> readings) {
  Draft draft;
  for (const Reading& reading : readings)
    TakeFirst(draft.instance_uuid, reading.record.instance_uuid, reading);

  auto is_ours = [&draft](const Record& record) {
    return !record.instance_uuid || record.instance_uuid == draft.instance_uuid->value;
  };
  for (const Reading& reading : readings) {
    if (!is_ours(reading.record)) continue;
    TakeFirst(draft.platform, reading.record.platform, reading);
    TakeFirst(draft.bootstrap_token, reading.record.bootstrap_token, reading);
    TakeFirst(draft.instance_name, reading.record.instance_name, reading);
  }
  for (const Reading& reading : readings) {
    const Record& record = reading.record;
    if (!is_ours(record)) continue;
    const bool same_platform = !record.platform || record.platform == draft.platform->value;
    if (same_platform) TakeFirst(draft.ca_pem, record.ca_pem, reading);
  }
  return draft;
}

}  // namespace powernode::identity
