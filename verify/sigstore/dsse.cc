#include "verify/sigstore/dsse.h"

namespace powernode::verify::sigstore {

std::string PreAuthenticationEncoding(std::string_view payload_type, std::string_view payload) {
  std::string encoding = "DSSEv1";
  for (const std::string_view part : {payload_type, payload}) {
    encoding += " " + std::to_string(part.size()) + " ";
    encoding += part;
  }
  return encoding;
}

}  // namespace powernode::verify::sigstore
