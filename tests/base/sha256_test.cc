#include "agent/base/sha256.h"

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <string_view>

#include "agent/base/syscalls.h"

namespace powernode {
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
           Row{std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
       })
    CHECK(Sha256Hex(row.bytes) == row.digest);
}

TEST_CASE("a stream in pieces of any size gives the digest of the whole") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += std::to_string(i);
  for (const std::size_t piece : {1U, 7U, 63U, 64U, 65U, 1000U}) {
    Sha256 hash;
    for (std::size_t at = 0; at < text.size(); at += piece)
      hash.Update(AsBytes(std::string_view(text).substr(at, piece)));
    CHECK(hash.FinishHex() == Sha256Hex(text));
  }
}

TEST_CASE("can be moved in the middle of a stream, and over a finished one") {
  Sha256 first;
  first.Update(AsBytes("ab"));
  Sha256 second(std::move(first));
  second.Update(AsBytes("c"));
  CHECK(second.FinishHex() == Sha256Hex("abc"));
  second = Sha256();
  second.Update(AsBytes("abc"));
  CHECK(second.FinishHex() == Sha256Hex("abc"));
}

TEST_CASE("bytes and text are the same digest") {
  const Sha256Bytes bytes = Sha256Of("abc");
  CHECK(bytes[0] == 0xba);
  CHECK(bytes[31] == 0xad);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode
