#include "tests/identity/sample.h"

#include "identity/ca_text.h"

namespace powernode::identity::testing {

std::string SampleCa(int number) {
  return PemOfCertificate(std::string("\x30\x03\x02\x01", 4) + static_cast<char>(number));
}

std::string OemStrings(const std::vector<std::string>& strings) {
  std::string structure("\x0b\x05\x00\x10", 4);
  structure += static_cast<char>(strings.size());
  for (const std::string& text : strings) structure += text + '\0';
  structure.append(strings.empty() ? 2 : 1, '\0');
  return structure;
}

}  // namespace powernode::identity::testing
