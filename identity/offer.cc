#include "identity/offer.h"

namespace powernode::identity {

std::string_view FieldName(Field field) {
  switch (field) {
    case Field::kInstanceUuid:
      return "instance_uuid";
    case Field::kPlatform:
      return "platform_url";
    case Field::kCa:
      return "ca_pem";
    case Field::kToken:
      return "bootstrap_token";
    case Field::kInstanceName:
      return "instance_name";
  }
  return "";
}

std::string_view FateText(Fate fate) {
  switch (fate) {
    case Fate::kTaken:
      return "taken";
    case Fate::kOutranked:
      return "not taken: a source before it has one";
    case Fate::kOtherInstance:
      return "not taken: its source belongs to another instance";
    case Fate::kOtherPlatform:
      return "not taken: its source is of another platform";
    case Fate::kEnrolled:
      return "not taken: this node is enrolled";
  }
  return "";
}

}  // namespace powernode::identity
