#include "identity/merge.h"

namespace powernode::identity {
namespace {

// Takes the value unless something bars it (`fate` is not kTaken) or the field has one, and notes
// which.
template <typename T>
void Consider(Draft& draft, Field field, std::optional<Sourced<T>> Draft::*slot,
              const std::optional<T>& value, std::span<const Reading> readings, std::size_t index,
              Fate fate) {
  if (!value) return;
  if (fate == Fate::kTaken && draft.*slot) fate = Fate::kOutranked;
  if (fate == Fate::kTaken)
    draft.*slot =
        Sourced<T>{*value, {.source = readings[index].source, .read_at = readings[index].read_at}};
  draft.offers.push_back({.field = field, .reading = index, .fate = fate});
}

}  // namespace

Draft Merge(std::span<const Reading> readings) {
  Draft draft;
  for (std::size_t i = 0; i < readings.size(); ++i)
    Consider(draft, Field::kInstanceUuid, &Draft::instance_uuid, readings[i].record.instance_uuid,
             readings, i, Fate::kTaken);

  const auto belongs = [&draft](const Record& record) {
    const bool ours = !record.instance_uuid || record.instance_uuid == draft.instance_uuid->value;
    return ours ? Fate::kTaken : Fate::kOtherInstance;
  };
  for (std::size_t i = 0; i < readings.size(); ++i) {
    const Record& record = readings[i].record;
    const Fate fate = belongs(record);
    Consider(draft, Field::kPlatform, &Draft::platform, record.platform, readings, i, fate);
    Consider(draft, Field::kToken, &Draft::bootstrap_token, record.bootstrap_token, readings, i,
             fate);
    Consider(draft, Field::kInstanceName, &Draft::instance_name, record.instance_name, readings, i,
             fate);
  }
  for (std::size_t i = 0; i < readings.size(); ++i) {
    const Record& record = readings[i].record;
    Fate fate = belongs(record);
    if (fate == Fate::kTaken && record.platform && record.platform != draft.platform->value)
      fate = Fate::kOtherPlatform;
    Consider(draft, Field::kCa, &Draft::ca_pem, record.ca_pem, readings, i, fate);
  }
  return draft;
}

}  // namespace powernode::identity
