// The way through an HTTP proxy, against a real one on loopback.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

#include "agent/base/clock.h"
#include "agent/base/curl_transport.h"
#include "agent/base/json.h"
#include "agent/base/proxy.h"
#include "tests/base/certificate_authority.h"
#include "tests/base/tls_server.h"
#include "tests/support/loopback_socket.h"

namespace powernode::proxy_test {
namespace {

using std::chrono::milliseconds;
using testing::CertificateAuthority;
using testing::TlsServer;

TEST_SUITE_BEGIN("proxy");

// Takes one connection after the other; `answer` empty: connects to the target on loopback and
// passes bytes on. Only for CONNECT.
class Proxy {
 public:
  explicit Proxy(std::string answer = {}) : answer_(std::move(answer)) {
    thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
  }

  Origin origin() const {
    return *ParseProxy("http://127.0.0.1:" + std::to_string(listener_.port()));
  }
  std::string heads() const {
    const std::scoped_lock lock(mutex_);
    return heads_;
  }

 private:
  static bool Ready(int fd, std::stop_token stop) {
    pollfd waited{.fd = fd, .events = POLLIN, .revents = 0};
    while (!stop.stop_requested())
      if (::poll(&waited, 1, 20) > 0) return true;
    return false;
  }
  // False at the end of `from`.
  static bool Pass(int from, int to) {
    std::array<char, 4096> bytes;
    const ssize_t count = ::recv(from, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count < 0) return true;
    return count > 0 && ::send(to, bytes.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL) > 0;
  }

  void Run(std::stop_token stop) {
    while (Ready(listener_.fd(), stop)) {
      const Fd client(::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
      std::string head;
      char byte = 0;
      while (!head.ends_with("\r\n\r\n") && Ready(client.get(), stop) &&
             ::recv(client.get(), &byte, 1, 0) == 1)
        head.push_back(byte);
      {
        const std::scoped_lock lock(mutex_);
        heads_ += head;
      }
      if (!answer_.empty()) {
        (void)::send(client.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
        continue;
      }
      const std::size_t colon = head.find(':');
      const sockaddr_in target = testing::LoopbackAddress(std::atoi(head.c_str() + colon + 1));
      const Fd server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target) < 0)
        continue;
      const std::string good = "HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n";
      (void)::send(client.get(), good.data(), good.size(), MSG_NOSIGNAL);
      for (bool open = true; open && !stop.stop_requested();) {
        std::array<pollfd, 2> ends = {pollfd{client.get(), POLLIN, 0},
                                      pollfd{server.get(), POLLIN, 0}};
        if (::poll(ends.data(), ends.size(), 20) <= 0) continue;
        open = (ends[0].revents == 0 || Pass(client.get(), server.get())) &&
               (ends[1].revents == 0 || Pass(server.get(), client.get()));
      }
    }
  }

  std::string answer_;
  testing::LoopbackSocket listener_;
  mutable std::mutex mutex_;
  std::string heads_;
  std::jthread thread_;
};

struct Stand {
  CertificateAuthority authority{"CA"};
  TlsServer server{authority.Issue({.dns_name = "platform.test", .address4 = "127.0.0.1"})};

  Result<HttpResponse> Get(const Origin& proxy, const std::string& host = "127.0.0.1",
                           std::stop_token stop = {}) {
    auto transport = CurlTransport::Create({.ca_pem = authority.pem()}, proxy);
    REQUIRE(transport);
    return (*transport)
        ->Perform({.url = server.Url("echo", host), .limits = {.connect = milliseconds(2'000)}},
                  stop);
  }
};

TEST_CASE("a platform whose name only the proxy knows is reached, and proven as ever") {
  Stand stand;
  const Proxy proxy;
  const Result<HttpResponse> response = stand.Get(proxy.origin(), "platform.test");
  REQUIRE_MESSAGE(response.ok(), (response ? "" : response.error().message()));
  const std::string target = "platform.test:" + std::to_string(stand.server.port());
  CHECK(proxy.heads().starts_with("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n"));
  CHECK(proxy.heads().find("Bearer") == std::string::npos);
  const Json seen = *ParseJson(response->body);
  for (const Json& header : seen["headers"])
    if (header[0] == "Host") CHECK(header[1] == target);
  CHECK(stand.Get(proxy.origin(), "other.test").error().code() == "tls_untrusted");
}

TEST_CASE("one tunnel serves one request after the other") {
  Stand stand;
  const Proxy proxy;
  auto transport = CurlTransport::Create({.ca_pem = stand.authority.pem()}, proxy.origin());
  for (int i = 0; i < 3; ++i) {
    const auto response = (*transport)->Perform({.url = stand.server.Url("echo")}, {});
    REQUIRE_MESSAGE(response.ok(), (response ? "" : response.error().message()));
    CHECK((*ParseJson(response->body))["connection"] == 1);
  }
}

TEST_CASE("what the proxy says when it does not connect is what the operator reads") {
  Stand stand;
  for (const char* answer :
       {"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "HTTP/1.1 2000 x\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 403 \x1b[2J\r\nA: b\r\n\r\n"}) {
    const Proxy proxy(answer);
    const Result<HttpResponse> response = stand.Get(proxy.origin());
    REQUIRE_FALSE(response);
    CHECK(response.error().kind() == ErrorKind::kUnavailable);
    CHECK(response.error().code() == "proxy_refused");
    CHECK(response.error().message().find('\x1b') == std::string::npos);
  }
  const Proxy proxy("HTTP/1.1 407 Who are you\r\n\r\n");
  CHECK(stand.Get(proxy.origin()).error().message().find("407") != std::string::npos);
}

TEST_CASE("a proxy that is gone, ends or never stops talking is unavailable") {
  Stand stand;
  Origin nobody = Proxy().origin();
  CHECK(stand.Get(nobody).error().code() == "connect_failed");
  const Proxy ends("H");
  CHECK(stand.Get(ends.origin()).error().code() == "proxy_refused");
  const Proxy endless("HTTP/1.1 200 OK\r\n" + std::string(20'000, 'x'));
  CHECK(stand.Get(endless.origin()).error().code() == "proxy_refused");
}

TEST_CASE("a proxy that is silent ends at the connection's limit, or when the agent is stopped") {
  Stand stand;
  const testing::LoopbackSocket listener;
  const Origin silent = *ParseProxy("http://127.0.0.1:" + std::to_string(listener.port()));
  CHECK(stand.Get(silent).error().code() == "timeout");
  std::stop_source source;
  std::jthread stopper([&source] {
    std::this_thread::sleep_for(milliseconds(200));
    source.request_stop();
  });
  const milliseconds start = SystemClock().Monotonic();
  CHECK(stand.Get(silent, "127.0.0.1", source.get_token()).error().code() == "stopped");
  CHECK(SystemClock().Monotonic() - start < milliseconds(1'500));
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::proxy_test
