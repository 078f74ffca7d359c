// How the transport takes what a server does, against a real server on loopback. Who is trusted:
// tls_trust_test.cc.
#include "agent/base/curl_transport.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "tests/base/certificate_authority.h"
#include "tests/base/tls_server.h"
#include "tests/support/loopback_socket.h"

namespace powernode::curl_transport_test {
namespace {

using std::chrono::milliseconds;
using testing::CertificateAuthority;
using testing::TlsServer;

TEST_SUITE_BEGIN("curl transport");

struct Stand {
  CertificateAuthority authority{"test CA"};
  TlsServer server{authority.Issue({.dns_name = "localhost", .address4 = "127.0.0.1"})};
  std::unique_ptr<CurlTransport> transport = *CurlTransport::Create({.ca_pem = authority.pem()});

  Result<HttpResponse> Get(const std::string& path, const HttpLimits& limits = {}) {
    return transport->Perform({.url = server.Url(path), .limits = limits}, {});
  }
};

// One server for the whole suite: starting it is the slow part.
Stand& TheStand() {
  static Stand stand;
  return stand;
}

milliseconds Since(milliseconds start) { return SystemClock().Monotonic() - start; }

TEST_CASE("a good answer comes with status, headers in lower case and body") {
  const Result<HttpResponse> response = TheStand().Get("ok");
  REQUIRE_MESSAGE(response.ok(), (response ? "" : response.error().message()));
  CHECK(response->status == 200);
  CHECK(response->body == "hello\n");
  CHECK(response->Header("x-thing") == "a value");  // the first of two
  CHECK_FALSE(response->Header("X-Thing").has_value());
  CHECK_FALSE(response->Header("missing").has_value());
}

TEST_CASE("statuses of failure are answers, with their headers and body") {
  for (const int status : {400, 401, 404, 429, 500, 503}) {
    const Result<HttpResponse> response = TheStand().Get("status/" + std::to_string(status));
    REQUIRE(response);
    CHECK(response->status == status);
    CHECK(response->Header("retry-after") == "7");
    CHECK(response->body == "body of " + std::to_string(status));
  }
}

TEST_CASE(
    "a redirect is an answer and is not followed: not in a loop, nor elsewhere, nor to http") {
  Stand& stand = TheStand();
  const TlsServer elsewhere(
      stand.authority.Issue({.dns_name = "localhost", .address4 = "127.0.0.1"}));
  for (const std::string& path :
       {std::string("redirect"), std::string("redirect/redirect"),
        "redirect-to/" + elsewhere.Url("ok"), "redirect-to/" + stand.server.Url("ok", "localhost"),
        std::string("redirect-to/http://127.0.0.1:1/ok"), std::string("redirect-to//\\evil")}) {
    CAPTURE(path);
    const Result<HttpResponse> response = stand.Get(path);
    REQUIRE(response);
    CHECK(response->status / 100 == 3);
    CHECK(response->body.empty());
  }
  // The first connection that the other server ever gets is this one.
  const Result<HttpResponse> first = stand.transport->Perform({.url = elsewhere.Url("echo")}, {});
  REQUIRE(first);
  CHECK((*ParseJson(first->body))["connection"] == 1);
}

TEST_CASE("an encoded answer is refused before a byte of it is taken") {
  for (const char* encoding : {"gzip", "br", "deflate,gzip"}) {
    CAPTURE(encoding);
    bool taken = false;
    HttpRequest request{.url = TheStand().server.Url("encoded/" + std::string(encoding))};
    request.sink = [&taken](std::span<const std::byte>) {
      taken = true;
      return Ok();
    };
    const Result<HttpResponse> response = TheStand().transport->Perform(request, {});
    REQUIRE_FALSE(response);
    CHECK(response.error().kind() == ErrorKind::kInvalid);
    CHECK(response.error().code() == "content_encoded");
    CHECK_FALSE(taken);
  }
}

TEST_CASE("more bytes than announced are no part of the answer, and of no other") {
  CHECK(TheStand().Get("long/1000")->body == std::string(1000, 'x'));
  CHECK(TheStand().Get("ok")->body == "hello\n");
}

TEST_CASE(
    "an answer without body, in chunks, until the end of the connection, or behind an interim "
    "one") {
  CHECK(TheStand().Get("no-content")->status == 204);
  CHECK(TheStand().Get("chunked")->body == "abcdefg");
  CHECK(TheStand().Get("until-close")->body == "all of it");
  const Result<HttpResponse> response = TheStand().Get("interim");
  CHECK(response->status == 200);
  CHECK(response->body == "final");
  CHECK(response->Header("x-late").has_value());
  CHECK_FALSE(response->Header("x-early").has_value());
}

TEST_CASE("sends what it is given and nothing of its own that the contract forbids") {
  Stand& stand = TheStand();
  const HttpRequest request{
      .method = "POST",
      .url = stand.server.Url("echo/a?b=c"),
      .headers = {{"Content-Type", "application/json"}, {"X-Request-Id", "r1"}},
      .body = std::string("{\"a\":\"") + std::string(5000, 'y') + "\"}"};
  const Result<HttpResponse> response = stand.transport->Perform(request, {});
  REQUIRE(response);
  const Json seen = *ParseJson(response->body);
  CHECK(seen["method"] == "POST");
  CHECK(seen["target"] == "/echo/a?b=c");
  CHECK(seen["body"] == request.body);
  CHECK(seen["tls"] == "TLSv1.3");
  CHECK(seen["client"] == nullptr);
  std::vector<std::string> names;
  for (const Json& header : seen["headers"]) {
    names.push_back(header[0].get<std::string>());
    if (header[0] == "X-Request-Id") CHECK(header[1] == "r1");
    if (header[0] == "Accept-Encoding") CHECK(header[1] == "identity");
    if (header[0] == "Content-Type") CHECK(header[1] == "application/json");
  }
  CHECK(std::count(names.begin(), names.end(), "Expect") == 0);
  CHECK(std::count(names.begin(), names.end(), "Content-Type") == 1);
  CHECK(std::count(names.begin(), names.end(), "X-Request-Id") == 1);
}

TEST_CASE("other methods keep their name and a request leaves nothing behind for the next") {
  Stand& stand = TheStand();
  for (const char* method : {"PATCH", "POST", "GET", "PUT", "DELETE", "GET"}) {
    const Result<HttpResponse> response =
        stand.transport->Perform({.method = method, .url = stand.server.Url("echo")}, {});
    REQUIRE(response);
    CHECK((*ParseJson(response->body))["method"] == method);
    CHECK((*ParseJson(response->body))["body"] == "");
  }
}

TEST_CASE(
    "keeps one connection for one request after the other, and opens a new one when it is gone") {
  Stand& stand = TheStand();
  auto connection = [&stand] {
    return (*ParseJson(stand.Get("echo")->body))["connection"].get<int>();
  };
  const int first = connection();
  CHECK(connection() == first);
  CHECK(stand.Get("close-after")->body == "last");
  const Json after = *ParseJson(stand.Get("echo")->body);
  CHECK(after["connection"] > first);
  CHECK(after["resumed"] == false);  // each connection proves the peer anew
}

TEST_CASE("a proxy in the environment is not used") {
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"})
    ::setenv(name, "http://127.0.0.1:1", 1);
  CHECK(TheStand().Get("ok").ok());
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"})
    ::unsetenv(name);
}

TEST_CASE(
    "a connection that ends too early is lost: before the answer, in a body, in a chunk, without "
    "TLS's own end") {
  for (const char* path : {"empty", "short/10", "chunked-short", "until-cut"}) {
    INFO(path);
    const Result<HttpResponse> response = TheStand().Get(path);
    REQUIRE_FALSE(response);
    CHECK(response.error().kind() == ErrorKind::kUnavailable);
    CHECK(response.error().code() == "connection_lost");
  }
}

TEST_CASE("what is no HTTP is invalid") {
  const Result<HttpResponse> response = TheStand().Get("garbage");
  REQUIRE_FALSE(response);
  CHECK(response.error().kind() == ErrorKind::kInvalid);
  CHECK(response.error().code() == "not_http");
}

TEST_CASE("a body at its cap passes, one byte more is an error and never a shorter body") {
  const HttpLimits limits{.max_body = 100'000};
  CHECK(TheStand().Get("bytes/100000", limits)->body.size() == 100'000);
  for (const char* path : {"bytes/100001", "short/100001", "bytes/5000000"}) {
    const Result<HttpResponse> response = TheStand().Get(path, limits);
    REQUIRE_FALSE(response);
    CHECK(response.error().kind() == ErrorKind::kInvalid);
    CHECK(response.error().code() == "response_too_large");
  }
}

TEST_CASE("a head of more than 100 headers or 32 KiB is refused") {
  CHECK(TheStand().Get("many-headers/90").ok());
  CHECK(TheStand().Get("many-headers/120").error().code() == "response_too_large");
  CHECK(TheStand().Get("long-header/20").ok());
  CHECK(TheStand().Get("long-header/40").error().code() == "response_too_large");
}

TEST_CASE("silence after the request ends at the first byte limit") {
  const milliseconds start = SystemClock().Monotonic();
  const Result<HttpResponse> response =
      TheStand().Get("silence", {.first_byte = milliseconds(300)});
  REQUIRE_FALSE(response);
  CHECK(response.error().kind() == ErrorKind::kUnavailable);
  CHECK(response.error().code() == "timeout");
  CHECK(Since(start) >= milliseconds(300));
  CHECK(Since(start) < milliseconds(5000));
}

TEST_CASE("the whole call ends at its limit, also in the middle of a body") {
  for (const char* path : {"silence", "stall"}) {
    const milliseconds start = SystemClock().Monotonic();
    const Result<HttpResponse> response = TheStand().Get(path, {.total = milliseconds(400)});
    REQUIRE_FALSE(response);
    CHECK(response.error().code() == "timeout");
    CHECK(Since(start) < milliseconds(5000));
  }
}

TEST_CASE("a download without a limit of its own ends when nothing comes any more") {
  const Result<HttpResponse> response = TheStand().Get(
      "stall",
      {.total = milliseconds(0), .stall = std::chrono::seconds(1), .stall_bytes_per_second = 100});
  REQUIRE_FALSE(response);
  CHECK(response.error().kind() == ErrorKind::kUnavailable);
  CHECK(response.error().code() == "stalled");
}

TEST_CASE("a download that trickles ends as stalled, although a byte comes now and then") {
  const HttpLimits trickle{
      .total = milliseconds(0), .slow = std::chrono::seconds(1), .slow_bytes_per_second = 100};
  const milliseconds start = SystemClock().Monotonic();
  const Result<HttpResponse> response = TheStand().Get("drip/600", trickle);
  REQUIRE_FALSE(response);
  CHECK(response.error().kind() == ErrorKind::kUnavailable);
  CHECK(response.error().code() == "stalled");
  CHECK(Since(start) < milliseconds(10'000));
  CHECK(TheStand().Get("bytes/200000", trickle).ok());
}

TEST_CASE("a slow handshake is waited for as long as a connection may take") {
  Stand& stand = TheStand();
  const TlsServer slow(stand.authority.Issue({.address4 = "127.0.0.1"}), {.handshake_delay = 0.8});
  const Result<HttpResponse> refused = stand.transport->Perform(
      {.url = slow.Url("ok"), .limits = {.connect = milliseconds(200)}}, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == "timeout");
  CHECK(stand.transport->Perform({.url = slow.Url("ok")}, {}).ok());
}

TEST_CASE("a stop request ends a stalled transfer within a moment") {
  for (const char* path : {"silence", "stall"}) {
    Stand& stand = TheStand();
    std::stop_source source;
    std::jthread stopper([&source] {
      std::this_thread::sleep_for(milliseconds(200));
      source.request_stop();
    });
    const milliseconds start = SystemClock().Monotonic();
    const Result<HttpResponse> response =
        stand.transport->Perform({.url = stand.server.Url(path)}, source.get_token());
    REQUIRE_FALSE(response);
    CHECK(response.error().code() == "stopped");
    CHECK(response.error().kind() == ErrorKind::kUnavailable);
    CHECK(Since(start) < milliseconds(1700));
  }
}

TEST_CASE("the sink gets the body in order, after the head, and the response keeps none of it") {
  Stand& stand = TheStand();
  std::string order;
  std::string body;
  HttpRequest request{.url = stand.server.Url("bytes/300000"), .limits = {.max_body = 1'000'000}};
  request.on_head = [&](const HttpResponse& head) {
    order += "head " + std::to_string(head.status) + " " +
             std::string(*head.Header("content-length")) + ";";
    return Ok();
  };
  request.sink = [&](std::span<const std::byte> bytes) {
    if (body.empty()) order += "body";
    body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return Ok();
  };
  const Result<HttpResponse> response = stand.transport->Perform(request, {});
  REQUIRE(response);
  CHECK(order == "head 200 300000;body");
  CHECK(body == std::string(300'000, 'x'));
  CHECK(response->body.empty());
}

TEST_CASE("the head is also shown when no body follows") {
  Stand& stand = TheStand();
  int shown = 0;
  HttpRequest request{.url = stand.server.Url("no-content")};
  request.on_head = [&shown](const HttpResponse& head) {
    shown = head.status;
    return Ok();
  };
  CHECK(stand.transport->Perform(request, {}).ok());
  CHECK(shown == 204);
}

TEST_CASE("an error of the head's or the body's taker ends the transfer and comes back as it is") {
  Stand& stand = TheStand();
  const Error refusal(ErrorKind::kNoSpace, "no_space", "the disk is full");
  for (const char* path : {"bytes/1000000", "no-content"}) {
    HttpRequest request{.url = stand.server.Url(path)};
    request.on_head = [&refusal](const HttpResponse&) -> Status { return refusal; };
    const Result<HttpResponse> response = stand.transport->Perform(request, {});
    REQUIRE_FALSE(response);
    CHECK(response.error().code() == "no_space");
    CHECK(response.error().kind() == ErrorKind::kNoSpace);
  }
  int calls = 0;
  HttpRequest request{.url = stand.server.Url("bytes/1000000")};
  request.sink = [&](std::span<const std::byte>) -> Status {
    ++calls;
    return refusal;
  };
  CHECK(stand.transport->Perform(request, {}).error().code() == "no_space");
  CHECK(calls == 1);
  CHECK(stand.Get("ok").ok());  // and the transport is as good as before
}

TEST_CASE("nobody listening, and a name that does not exist, are unavailable") {
  CurlTransport& transport = *TheStand().transport;
  const testing::LoopbackSocket unused(testing::Listening::kNo);
  const std::string url = "https://127.0.0.1:" + std::to_string(unused.port()) + "/";
  const Result<HttpResponse> refused = transport.Perform({.url = url}, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == ErrorKind::kUnavailable);
  CHECK(refused.error().code() == "connect_failed");

  const Result<HttpResponse> unknown = transport.Perform(
      {.url = "https://a..invalid/", .limits = {.connect = milliseconds(2000)}}, {});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind() == ErrorKind::kUnavailable);
}

TEST_CASE("a peer that accepts and never speaks TLS ends at the connection's limit") {
  const testing::LoopbackSocket listener;
  const milliseconds start = SystemClock().Monotonic();
  const Result<HttpResponse> response = TheStand().transport->Perform(
      {.url = "https://127.0.0.1:" + std::to_string(listener.port()) + "/",
       .limits = {.connect = milliseconds(300)}},
      {});
  REQUIRE_FALSE(response);
  CHECK(response.error().code() == "timeout");
  CHECK(Since(start) < milliseconds(5000));
}

TEST_CASE("two threads may share a transport: one waits for the other") {
  Stand& stand = TheStand();
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 5; ++n)
        if (const auto response = stand.Get("bytes/1000");
            response && response->body.size() == 1000)
          ++good;
    });
  threads.clear();
  CHECK(good == 20);
}

TEST_CASE("names its libraries") {
  CHECK(HttpLibraryVersions().find("libcurl/8.") != std::string::npos);
  CHECK(HttpLibraryVersions().find("mbedTLS/3.6") != std::string::npos);
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::curl_transport_test
