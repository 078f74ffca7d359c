#include "agent/base/secret.h"

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include "agent/base/log.h"

namespace powernode::secret_test {
namespace {

TEST_SUITE_BEGIN("secret");

const std::string kToken = "bootstrap-token-that-nobody-must-see";

template <typename T>
concept Streams = requires(std::ostream& out, const T& value) {
  out << value;
};

TEST_CASE("has no way into a stream, a text or a log line") {
  CHECK_FALSE(Streams<Secret>);
  CHECK_FALSE(std::is_convertible_v<Secret, std::string>);
  CHECK_FALSE(std::is_convertible_v<Secret, std::string_view>);
  CHECK_FALSE(std::is_constructible_v<std::pair<std::string, std::string>, const char*, Secret>);
  CHECK_FALSE(std::is_convertible_v<std::string, Secret>);  // nor is one made by accident
}

TEST_CASE("masked, it shows length and the first eight digits of its digest only") {
  const Secret secret{std::string(kToken)};
  const std::string masked = secret.Masked();
  CHECK(masked == "*** (36 characters, sha256 b1297787)");
  CHECK(masked.find("token") == std::string::npos);
}

TEST_CASE("moved from, it is empty and its memory is wiped, short or long") {
  for (const std::string& text : {std::string("short"), kToken}) {
    Secret from{std::string(text)};
    const char* memory = from.Reveal().data();
    const bool inside = text.size() < 16;  // the buffer of a short string is part of the object
    Secret to(std::move(from));
    CHECK(to.Reveal() == text);
    CHECK(from.empty());
    if (inside) CHECK(std::string(memory, text.size()) == std::string(text.size(), '\0'));
  }
}

TEST_CASE("takes the text it is made from") {
  std::string text = "short";
  const char* memory = text.data();
  const Secret secret(std::move(text));
  CHECK(secret.Reveal() == "short");
  CHECK(std::string(memory, 5) == std::string(5, '\0'));
}

TEST_CASE("assigned to, it wipes what it held") {
  Secret secret{std::string("old-one")};
  const char* memory = secret.Reveal().data();
  secret = Secret{std::string("n")};
  CHECK(secret.Reveal() == "n");
  CHECK(std::string(memory + 2, 5) == std::string(5, '\0'));
  const Secret other{std::string("third")};
  secret = other;
  CHECK(secret.Reveal() == "third");
  CHECK(other.Reveal() == "third");
  secret = *&secret;
  CHECK(secret.Reveal() == "third");
}

TEST_CASE("wiping reaches every byte of the buffer") {
  std::string text = kToken;
  const char* memory = text.data();
  const std::size_t size = text.size();
  text.resize(3);
  Secret::Wipe(text);
  CHECK(text.empty());
  CHECK(std::string(memory, size) == std::string(size, '\0'));  // the string still owns it
}

TEST_CASE("compares equal only to the same text") {
  CHECK(EqualInConstantTime("", ""));
  CHECK(EqualInConstantTime("abc", "abc"));
  CHECK_FALSE(EqualInConstantTime("abc", "abd"));
  CHECK_FALSE(EqualInConstantTime("abc", "ab"));
  CHECK_FALSE(EqualInConstantTime(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::secret_test
