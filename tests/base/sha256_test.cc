#include "agent/base/sha256.h"

#include <doctest/doctest.h>

#include <string>

namespace powernode::sha256_test {
namespace {

TEST_SUITE_BEGIN("sha256");

TEST_CASE("follows the vectors of FIPS 180-4") {
  struct Row {
    std::string bytes;
    const char* digest;
  };
  for (const Row& row : {
           Row{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
           Row{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
           Row{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
           Row{std::string(1'000'000, 'a'),
               "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
       })
    CHECK(Sha256Hex(row.bytes) == row.digest);
}

TEST_CASE("bytes and text are the same digest") {
  const Sha256Bytes bytes = Sha256Of("abc");
  CHECK(bytes[0] == 0xba);
  CHECK(bytes[31] == 0xad);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::sha256_test
