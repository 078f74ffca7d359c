// The metrics' socket, and clients that mean no good.
#include "runtime/metrics_socket.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "tests/support/temporary_directory.h"

namespace powernode::runtime::metrics_socket_test {
namespace {

using namespace std::chrono_literals;
using powernode::testing::TemporaryDirectory;

std::string Body() { return "powernode_up 1\n"; }

Fd Connect(const std::string& path) {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

std::string ReadToEnd(const Fd& fd) {
  std::string text;
  char buffer[4096];
  pollfd ready{.fd = fd.get(), .events = POLLIN, .revents = 0};
  while (::poll(&ready, 1, 20'000) > 0) {
    const ssize_t got = ::recv(fd.get(), buffer, sizeof buffer, 0);
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text + " (still open)";
}

struct Served {
  Served() : path((root / "metrics.sock").string()), socket(*MetricsSocket::Listen(path)) {
    thread = std::jthread([this](std::stop_token stop) {
      while (!stop.stop_requested()) {
        socket.ServeOne(render, SystemClock(), stop);
        ++served;
      }
    });
  }

  std::string Ask(const std::string& request) {
    const Fd client = Connect(path);
    REQUIRE(::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL) >= 0);
    return ReadToEnd(client);
  }

  TemporaryDirectory root;
  std::string path;
  std::function<std::string()> render = Body;
  MetricsSocket socket;
  std::atomic<int> served = 0;
  std::jthread thread;
};

TEST_SUITE_BEGIN("metrics socket");

TEST_CASE("answers what it is asked, and says what it does not understand") {
  struct Row {
    const char* request;
    const char* status;
    bool body;
  };
  for (const Row& row : {Row{"GET /metrics HTTP/1.1\r\nHost: node\r\n\r\n", "200 OK", true},
                         Row{"GET /metrics HTTP/1.0\r\n\r\n", "200 OK", true},
                         Row{"GET /metrics?a=b HTTP/1.1\r\n\r\n", "200 OK", true},
                         Row{"HEAD /metrics HTTP/1.1\r\n\r\n", "200 OK", false},
                         Row{"GET / HTTP/1.1\r\n\r\n", "404 Not Found", false},
                         Row{"GET /metrics/.. HTTP/1.1\r\n\r\n", "404 Not Found", false},
                         Row{"POST /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed", false},
                         Row{"GET /metrics\r\n\r\n", "400 Bad Request", false},
                         Row{"GET /metrics HTTP/2\r\n\r\n", "400 Bad Request", false},
                         Row{"GET HTTP/1.1\r\n\r\n", "400 Bad Request", false},
                         Row{"\r\n\r\n", "400 Bad Request", false}}) {
    CAPTURE(row.request);
    const std::string answer = AnswerMetricsRequest(row.request, Body);
    CHECK(answer.starts_with("HTTP/1.1 " + std::string(row.status) + "\r\n"));
    CHECK(answer.ends_with(Body()) == row.body);
    CHECK(answer.find("\r\nConnection: close\r\n") != std::string::npos);
  }
  CHECK(AnswerMetricsRequest("HEAD /metrics HTTP/1.1", Body).find("Content-Length: 15\r\n") !=
        std::string::npos);
}

TEST_CASE("serves one client after the other, in pieces and all at once") {
  Served served;
  CHECK(served.Ask("GET /metrics HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n" + Body()));
  const Fd slow = Connect(served.path);
  for (const char piece : std::string("GET /metrics HTTP/1.1\r\n\r\n"))
    REQUIRE(::send(slow.get(), &piece, 1, MSG_NOSIGNAL) == 1);
  CHECK(ReadToEnd(slow).ends_with(Body()));
  CHECK(served.Ask("GET /metrics HTTP/1.1\r\nX: " + std::string(8000, 'x'))
            .starts_with("HTTP/1.1 431 "));
  CHECK(served.Ask("GET /metrics HTTP/1.1\r\n\r\n").ends_with(Body()));
}

TEST_CASE("a silent client is closed after two seconds, one that reads nothing too") {
  Served served;
  served.render = [] { return std::string(8 * 1024 * 1024, 'x'); };
  const auto started = SystemClock().Monotonic();
  const Fd silent = Connect(served.path);
  const Fd deaf = Connect(served.path);
  const std::string request = "GET /metrics HTTP/1.1\r\n\r\n";
  REQUIRE(::send(deaf.get(), request.data(), request.size(), MSG_NOSIGNAL) > 0);
  CHECK(served.Ask(request).size() > 8 * 1024 * 1024);
  const auto took = SystemClock().Monotonic() - started;
  CHECK(took >= 3s);
  CHECK(took < 15s);
  CHECK(ReadToEnd(silent).empty());
}

TEST_CASE("a stop ends the wait for a client, and a client that is silent") {
  for (const bool with_client : {false, true}) {
    Served served;
    Fd client;
    if (with_client) client = Connect(served.path);
    std::this_thread::sleep_for(50ms);
    const auto started = SystemClock().Monotonic();
    served.thread.request_stop();
    served.thread.join();
    CHECK(SystemClock().Monotonic() - started < 1s);
  }
}

TEST_CASE("nobody asks: the thread sleeps") {
  Served served;
  std::this_thread::sleep_for(200ms);
  CHECK(served.served == 0);
}

TEST_CASE("the socket is root's and its group's; a stale one is replaced, a file is not") {
  const TemporaryDirectory root;
  const std::string path = (root / "metrics.sock").string();
  const mode_t before = ::umask(0);
  {
    const auto first = MetricsSocket::Listen(path);
    REQUIRE(first);
    CHECK((Lstat(path)->st_mode & 07777) == 0660);
  }
  ::umask(077);
  const auto second = MetricsSocket::Listen(path);
  ::umask(before);
  REQUIRE(second);
  CHECK((Lstat(path)->st_mode & 07777) == 0660);

  const std::string file = (root / "file").string();
  REQUIRE(WriteFile(file, "somebody's", 0600));
  const auto refused = MetricsSocket::Listen(file);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == "not_a_socket");
  CHECK(*ReadFile(file, 100) == "somebody's");
  REQUIRE(Symlink(file, (root / "link").string()));
  CHECK_FALSE(MetricsSocket::Listen((root / "link").string()));
  CHECK_FALSE(MetricsSocket::Listen((root / std::string(200, 'a')).string()));
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::runtime::metrics_socket_test
