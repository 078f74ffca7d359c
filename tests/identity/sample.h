// Values that the identity tests share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace powernode::identity::testing {

constexpr std::string_view kUuid = "0192f0c2-7d1e-7c11-9a55-0c1d2e3f4a5b";
constexpr std::string_view kOtherUuid = "0192f0c2-0000-7c11-9a55-0c1d2e3f4a5b";
constexpr std::string_view kToken = "Zm9yIHRlc3RzIG9ubHksIG5vdCBhIHNlY3JldCB0b2tlbg";
constexpr std::string_view kUrl = "https://p.test:8443";

// A PEM block that holds an ASN.1 SEQUENCE; the number makes it differ.
std::string SampleCa(int number = 1);

// An SMBIOS structure of type 11 with these strings.
std::string OemStrings(const std::vector<std::string>& strings);

}  // namespace powernode::identity::testing
