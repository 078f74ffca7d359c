// What one source offered for one field of the identity, and what became of it: the merge's own
// record of its decisions, for whoever asks why.
#pragma once

#include <cstddef>
#include <string_view>

namespace powernode::identity {

enum class Field { kInstanceUuid, kPlatform, kCa, kToken, kInstanceName };

enum class Fate {
  kTaken,
  kOutranked,      // a source before it has one
  kOtherInstance,  // its source belongs to another instance
  kOtherPlatform,  // a CA whose source names another platform
  kEnrolled,       // nothing is taken: the stored identity stands
};

struct Offer {
  Field field;
  std::size_t reading;  // index of Resolution::readings
  Fate fate;
};

std::string_view FieldName(Field field);  // "platform_url": as JSON says it
std::string_view FateText(Fate fate);     // "a source before it has one"

}  // namespace powernode::identity
