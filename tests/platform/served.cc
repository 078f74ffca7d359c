#include "tests/platform/served.h"

namespace powernode::platform {

void CountServed(Call& call, const Answer& answer) {
  if (call.node == nullptr) return;
  Node& node = *call.node;
  if (const auto* records = std::get_if<ObjectRecords>(&answer.body)) {
    for (const ObjectRecord& record : records->records) {
      ++node.objects_served;
      node.object_bytes_served += record.size;
    }
    call.changed = true;
  } else if (const auto* slice = std::get_if<FileSlice>(&answer.body)) {
    if (call.request.segments[0] == "objects") {
      ++node.objects_served;
      node.object_bytes_served += slice->length;
    } else {
      node.blob_bytes_served += slice->length;
    }
    call.changed = true;
  }
}

}  // namespace powernode::platform
