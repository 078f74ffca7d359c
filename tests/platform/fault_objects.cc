#include "tests/platform/fault_objects.h"

#include <algorithm>

namespace powernode::platform {
namespace {

constexpr std::string_view kRoute = "objects/";

// The byte of an object that `corrupt-object` inverts: one that every resumed answer has, if the
// fault names no other.
std::uint64_t CorruptedByte(const Fault& fault, std::uint64_t size) {
  const std::uint64_t last = size == 0 ? 0 : size - 1;
  return fault.number > 0 ? std::min<std::uint64_t>(static_cast<std::uint64_t>(fault.number), last)
                          : last;
}

void ChangeRecord(const Fault& fault, ObjectRecord& record) {
  if (fault.kind == "corrupt-object") record.inverted_byte = CorruptedByte(fault, record.size);
  if (fault.kind == "wrong-object-length")
    record.add_to_length = fault.number != 0 ? fault.number : 1;
}

// Those that the fault names, or the first.
void ChangeRecords(const Fault& fault, ObjectRecords& answer) {
  if (fault.kind == "no-end-record") answer.ended = false;
  const auto concerned = [&](const ObjectRecord& record) {
    return fault.text.empty() || record.digest == fault.text;
  };
  const auto found = std::find_if(answer.records.begin(), answer.records.end(), concerned);
  if (found == answer.records.end()) return;
  ChangeRecord(fault, *found);
  if (fault.kind == "repeat-object") answer.records.push_back(*found);
  if (fault.kind == "omit-object") answer.records.erase(found);
}

}  // namespace

void ChangeObjects(const Fault& fault, std::string_view requested, Answer& answer) {
  if (auto* records = std::get_if<ObjectRecords>(&answer.body))
    return ChangeRecords(fault, *records);
  auto* const slice = std::get_if<FileSlice>(&answer.body);
  if (slice == nullptr || !requested.starts_with(kRoute)) return;
  if (fault.kind == "corrupt-object")
    slice->inverted_byte = CorruptedByte(fault, slice->offset + slice->length);
  if (fault.kind == "omit-object") answer = Failure(404, "Object not found", "NOT_FOUND");
}

}  // namespace powernode::platform
