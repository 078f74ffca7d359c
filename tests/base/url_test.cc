#include "agent/base/url.h"

#include <doctest/doctest.h>

#include <string>

namespace powernode::url_test {
namespace {

TEST_SUITE_BEGIN("url");

TEST_CASE("reads an origin, and writes it in one spelling") {
  struct Row {
    const char* text;
    const char* host;
    int port;
    const char* written;
  };
  for (const Row& row : {
           Row{"https://platform.example", "platform.example", 443, "https://platform.example"},
           Row{"https://platform.example/", "platform.example", 443, "https://platform.example"},
           Row{"https://platform.example///", "platform.example", 443, "https://platform.example"},
           Row{"HTTPS://Platform.EXAMPLE:443", "platform.example", 443, "https://platform.example"},
           Row{"https://platform.example:8443/", "platform.example", 8443,
               "https://platform.example:8443"},
           Row{"https://platform.example.:1", "platform.example.", 1,
               "https://platform.example.:1"},
           Row{"https://10.0.2.2:65535", "10.0.2.2", 65535, "https://10.0.2.2:65535"},
           Row{"https://[2001:DB8:0:0::1]", "2001:db8::1", 443, "https://[2001:db8::1]"},
           Row{"https://[::1]:9000", "::1", 9000, "https://[::1]:9000"},
           Row{"https://under_score", "under_score", 443, "https://under_score"},
           Row{"http://localhost:8080", "localhost", 8080, "http://localhost:8080"},
           Row{"http://127.0.0.1:80", "127.0.0.1", 80, "http://127.0.0.1"},
           Row{"http://127.9.9.9", "127.9.9.9", 80, "http://127.9.9.9"},
           Row{"http://[::1]", "::1", 80, "http://[::1]"},
           Row{"http://[0:0:0:0:0:0:0:1]:81", "::1", 81, "http://[::1]:81"},
       }) {
    INFO(row.text);
    const Result<Origin> origin = ParseOrigin(row.text);
    REQUIRE(origin);
    CHECK(origin->host == row.host);
    CHECK(origin->port == row.port);
    CHECK(origin->ToString() == row.written);
    CHECK(*ParseOrigin(origin->ToString()) == *origin);
  }
}

TEST_CASE("refuses everything that is more, less or other than an origin") {
  for (const char* text : {
           "",
           "https",
           "https:",
           "https:/",
           "https://",
           "https:///",
           "platform.example",
           "//platform.example",
           "https//platform.example",
           "ftp://platform.example",
           "file:///etc/passwd",
           "javascript://x",
           " https://a",
           "https://a ",
           "https://a/path",
           "https://a//b",
           "https://a?query",
           "https://a#fragment",
           "https://a/?",
           "https://user@a",
           "https://user:password@a",
           "https://a:443@b",
           "https://a\\b",
           "https://a%2fb",
           "https://a,b",
           "https://a\nHost: b",
           "https://a\r\n",
           "https://a\tb",
           "https://-a",
           "https://a..b",
           "https://.",
           "https://.a",
           "https://a:",
           "https://a:0",
           "https://a:65536",
           "https://a:99999999999999999999",
           "https://a:-1",
           "https://a:+1",
           "https://a:443x",
           "https://a:4 43",
           "https://a:443:443",
           "https://a:0x1bb",
           "https://[::1",
           "https://::1",
           "https://[]",
           "https://[127.0.0.1]",
           "https://[::::]",
           "https://[1:2:3]",
           "https://[fe80::1%eth0]",
           "https://[::1]x",
           "https://[::1]:",
           "https://[[::1]]",
           "https://caf\xc3\xa9",
           "https://a\x01",
           "http://platform.example",
           "http://127.evil.example",
           "http://127.0.0.1.evil.example",
           "http://localhost.evil",
           "http://128.0.0.1",
           "http://[::2]",
           "http://1270.0.0.1",
           "http://127.1.evil",
       }) {
    INFO(text);
    const Result<Origin> origin = ParseOrigin(text);
    REQUIRE_FALSE(origin);
    CHECK(origin.error().code() == "bad_platform_url");
    CHECK(origin.error().kind() == ErrorKind::kInvalid);
  }
  CHECK_FALSE(ParseOrigin(std::string("https://a\0.evil", 15)));
  CHECK_FALSE(ParseOrigin(std::string("https://[::1\0]", 14)));
  CHECK_FALSE(ParseOrigin("https://" + std::string(64, 'a')));
  CHECK(ParseOrigin("https://" + std::string(63, 'a')));
  std::string long_name = "https://a";
  for (int i = 0; i < 130; ++i) long_name += ".a";
  CHECK_FALSE(ParseOrigin(long_name));
}

TEST_CASE("the message shows the value without letting it draw on a terminal") {
  const std::string text = ParseOrigin("https://a\x1b[2J\n\x9b").error().message();
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\n') == std::string::npos);
  CHECK(text.find('\x9b') == std::string::npos);
  CHECK(text.find("https://host[:port]") != std::string::npos);
  CHECK(ParseOrigin("x://" + std::string(100'000, 'a')).error().message().size() < 1000);
}

TEST_CASE("the message shows neither a password nor what an unclosed quote drew in") {
  CHECK(ParseOrigin("https://user:hunter2@a").error().message().find("https://***@a") !=
        std::string::npos);
  for (const char* text :
       {"https://user:hunter2@a", "user:hunter2@a", "https://a powernode.bootstrap_token=hunter2",
        "\"https://a\npowernode.bootstrap_token=hunter2"})
    CHECK(ParseOrigin(text).error().message().find("hunter2") == std::string::npos);
}

TEST_CASE("ids that may stand in a path") {
  for (const char* id : {"a", "0", "m-1", "nginx_1.27", "01970b1e-8f54-7c3a-9f0e-7a1f4f0c2b11"})
    CHECK_MESSAGE(IsPathId(id), id);
  CHECK(IsPathId(std::string(64, 'x')));
  for (const char* id : {"", ".", "..", "a..b", ".a", "-a", "_a", "a/b", "a b", "a%2f", "a\n",
                         "caf\xc3\xa9", "a?b", "a#b", "a\\b"})
    CHECK_MESSAGE(!IsPathId(id), id);
  CHECK_FALSE(IsPathId(std::string(65, 'x')));
  CHECK_FALSE(IsPathId(std::string("a\0b", 3)));
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::url_test
