#include "agent/base/http_date.h"

#include <doctest/doctest.h>

namespace powernode::http_date_test {
namespace {

TEST_SUITE("http_date") {
  TEST_CASE("reads the form that servers send") {
    CHECK(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT") == 784'111'777);
    CHECK(ParseHttpDate("Thu, 01 Jan 1970 00:00:00 GMT") == 0);
    CHECK(ParseHttpDate("Tue, 19 Jan 2038 03:14:08 GMT") == 2'147'483'648);
  }

  TEST_CASE("and no other") {
    for (const char* text : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
                             "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 nov 1994 08:49:37 GMT",
                             "Sun, 06 ovD 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
                             "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
                             "Sun, 0x Nov 1994 08:49:37 GMT"})
      CHECK_MESSAGE(!ParseHttpDate(text), text);
  }
}

}  // namespace
}  // namespace powernode::http_date_test
