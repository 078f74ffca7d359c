#include "identity/smbios.h"

#include <doctest/doctest.h>

#include "tests/identity/sample.h"

namespace powernode::identity::smbios_test {
namespace {

using namespace testing;
using Credentials = std::vector<std::pair<std::string, std::string>>;

TEST_SUITE("smbios") {
  TEST_CASE("text and base64 credentials are taken, other OEM strings are not") {
    CHECK(SmbiosCredentials(OemStrings(
              {"Dell System", "io.systemd.credential:a=1=2", "io.systemd.credential.binary:b=eAp5",
               "io.systemd.credential.binary:c=no-base64", "io.systemd.credential:no-value",
               "io.systemd.credential:d="})) ==
          Credentials{{"a", "1=2"}, {"b", "x\ny"}, {"d", ""}});
    CHECK(SmbiosCredentials(OemStrings({})).empty());
  }

  TEST_CASE("a structure of another type, or cut anywhere, gives no more than it holds") {
    const std::string whole = OemStrings({"io.systemd.credential:a=1"});
    std::string other = whole;
    other[0] = 1;
    CHECK(SmbiosCredentials(other).empty());
    for (std::size_t length = 0; length < whole.size(); ++length)
      for (const auto& [name, value] : SmbiosCredentials(whole.substr(0, length))) {
        CHECK(name == "a");
        CHECK((value == "1" || value.empty()));
      }
    std::string beyond = whole;
    beyond[1] = '\xff';
    CHECK(SmbiosCredentials(beyond).empty());
    beyond[1] = 3;
    CHECK(SmbiosCredentials(beyond).empty());
  }
}

}  // namespace
}  // namespace powernode::identity::smbios_test
