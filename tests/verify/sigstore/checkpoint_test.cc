#include "verify/sigstore/checkpoint.h"

#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "tests/verify/vectors.h"

namespace powernode::verify::sigstore::checkpoint_test {
namespace {

const std::string kRoot = Base64Encode(std::string(32, 'r'));
const std::string kLine = "\xe2\x80\x94 log.example.test " + Base64Encode("idid!") + "\n";

std::string Note(std::string_view size, std::string_view more = "") {
  return "log.example.test\n" + std::string(size) + "\n" + kRoot + "\n" + std::string(more) + "\n" +
         kLine;
}

}  // namespace

TEST_CASE("reads what a log says of its tree") {
  const std::string note = Note("7", "an extension\n\nand another\n");
  const Result<Checkpoint> checkpoint = ParseCheckpoint(note);
  REQUIRE(checkpoint.ok());
  CHECK(checkpoint->origin == "log.example.test");
  CHECK(checkpoint->tree_size == 7);
  CHECK(checkpoint->root_hash == std::string(32, 'r'));
  CHECK(checkpoint->text.ends_with("and another\n"));
  REQUIRE(checkpoint->signatures.size() == 1);
  CHECK(checkpoint->signatures[0].name == "log.example.test");
  CHECK(checkpoint->signatures[0].key_id == "idid");
  CHECK(checkpoint->signatures[0].signature == "!");
  CHECK(ParseCheckpoint(Note("9223372036854775807")).ok());
}

TEST_CASE("refuses every other form") {
  for (const std::string& note : {
           std::string(),
           std::string("\n\n"),
           std::string("log.example.test\n"),
           Note("07"),
           Note("+7"),
           Note("-7"),
           Note(""),
           Note(" 7"),
           Note("7 "),
           Note("0x7"),
           Note("9223372036854775808"),
           Note("7", "tab\there\n"),
           Note("7", "carriage\r\n"),
           Note("7", "delete\x7f\n"),
           Note("7") + "more",
           Note("7") + "more\n",
           Note("7") + "- log.example.test AAAAAAAA\n",
           Note("7") + "\xe2\x80\x94  log AAAAAAAA\n",
           Note("7") + "\xe2\x80\x94 log\n",
           Note("7") + "\xe2\x80\x94 log \n",
           Note("7") + "\xe2\x80\x94 lo+g AAAAAAAA\n",
           Note("7") + "\xe2\x80\x94 log AAAAAAAA \n",
           Note("7") + "\xe2\x80\x94 log AAAA AAAA\n",
           Note("7") + "\xe2\x80\x94 log AAAAAA==\n",  // an id and no signature
           Note("7") + "\xe2\x80\x94 log AAAAAAB\n",
           "\n7\n" + kRoot + "\n\n" + kLine,
           "log\n7\n\n" + kLine,
           "log\n7\n" + Base64Encode("short") + "\n\n" + kLine,
           "log\n7\nnot base64\n\n" + kLine,
           "log\n7\n" + kRoot + "\n" + kLine,
       }) {
    CAPTURE(note);
    const Result<Checkpoint> checkpoint = ParseCheckpoint(note);
    REQUIRE_FALSE(checkpoint.ok());
    CHECK(checkpoint.error().kind() == ErrorKind::kRefuted);
    CHECK(checkpoint.error().code() == "tlog-checkpoint");
  }
}

TEST_CASE("a checkpoint has a size and a number of lines") {
  std::string note = Note("7");
  for (int i = 0; i < 31; ++i) note += kLine;
  CHECK(ParseCheckpoint(note).ok());
  note += kLine;
  REQUIRE_FALSE(ParseCheckpoint(note).ok());
  CHECK(ParseCheckpoint(note).error().code() == "parse");
  CHECK(ParseCheckpoint(Note("7", std::string(16 * 1024, 'x') + "\n")).error().code() == "parse");
}

}  // namespace powernode::verify::sigstore::checkpoint_test
