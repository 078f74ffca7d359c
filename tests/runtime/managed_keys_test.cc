#include "runtime/managed_keys.h"

#include <doctest/doctest.h>

#include "agent/base/encoding.h"

namespace powernode::runtime::managed_keys_test {
namespace {

using Keys = std::vector<std::string>;

std::string Key(const std::string& comment) {
  const std::string type = "ssh-ed25519";
  const std::string blob = std::string{0, 0, 0, static_cast<char>(type.size())} + type +
                           std::string{0, 0, 0, 4} + comment.substr(0, 4);
  return type + " " + Base64Encode(blob) + " " + comment;
}

const std::string kAnna = Key("anna");
const std::string kBert = Key("bert");
const std::string kCora = Key("cora");

TEST_SUITE("authorized keys") {
  TEST_CASE("a line is a key of a known type, with or without options, and nothing else") {
    const std::string bare = kAnna.substr(0, kAnna.rfind(' '));
    for (const std::string& good :
         Keys{kAnna, bare, "restrict " + kAnna, "command=\"/bin/a \\\"b c\\\" d\",no-pty " + kAnna})
      CHECK_MESSAGE(IsAuthorizedKey(good), good);
    for (const std::string& bad :
         Keys{"", "# " + kAnna, " " + kAnna, kAnna + "\r", kAnna + "\x1b[2J",
              "ssh-dss " + kAnna.substr(12), "ssh-rsa " + kAnna.substr(12), "ssh-ed25519",
              "ssh-ed25519 AAAA", "ssh-ed25519 not*base64", "command=\"/bin/a " + kAnna,
              "a b " + kAnna, "# END powernode"})
      CHECK_MESSAGE(!IsAuthorizedKey(bad), bad);
  }

  TEST_CASE("the block is set between its markers, and every other line stays") {
    const std::string theirs = "# mine\n" + kCora + "\n\nrestrict " + kCora;
    const std::string with = WithManagedKeys(theirs, {kAnna, kBert});
    CHECK(with == theirs + "\n# BEGIN powernode\n" + kAnna + "\n" + kBert + "\n# END powernode\n");
    CHECK(ManagedKeys(with) == Keys{kAnna, kBert});
    CHECK(WithManagedKeys(with, {kAnna, kBert}) == with);
    CHECK(WithManagedKeys(with, {}) == theirs + "\n");
    CHECK(WithManagedKeys(with + "# after\n", {kBert}) ==
          theirs + "\n# after\n# BEGIN powernode\n" + kBert + "\n# END powernode\n");
    CHECK(WithManagedKeys("", {}).empty());
  }

  TEST_CASE("of a block that somebody broke no line is lost") {
    const std::string open = "# BEGIN powernode\n" + kCora + "\n";
    CHECK(WithManagedKeys(open, {}) == kCora + "\n");
    CHECK(WithManagedKeys(kCora + "\n# END powernode\n", {}) == kCora + "\n");
    CHECK(WithManagedKeys(open + "# END powernode\n" + open, {}) == kCora + "\n");
  }
}

// Answers one after the other; the block in place after each.
struct Node {
  KeyHistory history;
  Keys block;
  std::string cleared;

  const Keys& Answer(const Keys& keys, const std::string& user = "root") {
    const KeyStep step = NextKeys(history, user, keys, block);
    history = step.history;
    block = step.block;
    cleared = step.clear_user;
    return block;
  }
};

TEST_SUITE("key steps") {
  TEST_CASE("a first set is taken as it is, and stays") {
    Node node;
    CHECK(node.Answer({kAnna}) == Keys{kAnna});
    CHECK(node.Answer({kAnna}) == Keys{kAnna});
    CHECK(node.Answer({kAnna, kBert}) == Keys{kAnna, kBert});
    CHECK(node.Answer({kBert}) == Keys{kBert});
  }

  TEST_CASE("a set without any working key keeps one until it is answered again") {
    Node node;
    node.Answer({kAnna});
    CHECK(node.Answer({kBert}) == Keys{kBert, kAnna});
    CHECK(node.Answer({kBert}) == Keys{kBert});
  }

  TEST_CASE("as long as the sets keep changing the one key that worked stays") {
    Node node;
    node.Answer({kAnna});
    CHECK(node.Answer({kBert}) == Keys{kBert, kAnna});
    CHECK(node.Answer({kCora}) == Keys{kCora, kAnna});
    CHECK(node.Answer({kBert}) == Keys{kBert, kAnna});
    CHECK(node.Answer({kAnna}) == Keys{kAnna});
  }

  TEST_CASE("an empty answer needs two confirmations, and one key outlives these by one answer") {
    Node node;
    node.Answer({kAnna, kBert});
    CHECK(node.Answer({}) == Keys{kAnna, kBert});
    CHECK(node.Answer({}) == Keys{kAnna, kBert});
    CHECK(node.Answer({}) == Keys{kAnna});
    CHECK(node.Answer({}).empty());
    CHECK(node.Answer({}).empty());
    CHECK(node.Answer({kCora}) == Keys{kCora});
  }

  TEST_CASE("any other answer in between starts the confirmations anew") {
    Node node;
    node.Answer({kAnna});
    node.Answer({});
    node.Answer({});
    node.Answer({kAnna});
    CHECK(node.Answer({}) == Keys{kAnna});
    CHECK(node.Answer({}) == Keys{kAnna});
  }

  TEST_CASE("another user's block is cleared once the new one's set is confirmed") {
    Node node;
    node.Answer({kAnna}, "root");
    node.block = {};  // the other user's
    CHECK(node.Answer({kBert}, "admin") == Keys{kBert});
    CHECK(node.cleared.empty());
    node.Answer({kBert}, "admin");
    CHECK(node.cleared == "root");
    node.Answer({kBert}, "admin");
    CHECK(node.cleared.empty());
  }
}

}  // namespace
}  // namespace powernode::runtime::managed_keys_test
