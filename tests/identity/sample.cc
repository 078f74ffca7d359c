#include "tests/identity/sample.h"

#include "identity/ca_text.h"

namespace powernode::identity::testing {

std::string SampleCa(int number) {
  return PemOfCertificate(std::string("\x30\x03\x02\x01", 4) + static_cast<char>(number));
}

}  // namespace powernode::identity::testing
