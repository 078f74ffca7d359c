#include "tests/identity/metadata_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace powernode::identity::testing {
namespace {

constexpr std::uint16_t kPort = 80;
constexpr int kPollMs = 20;

Fd Listen(const std::string& address) {
  const bool six = address.find(':') != std::string::npos;
  Fd fd(::socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(kPort);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(kPort);
  const void* raw = six ? static_cast<const void*>(&v6) : &v4;
  const socklen_t size = six ? sizeof v6 : sizeof v4;
  if (::inet_pton(six ? AF_INET6 : AF_INET, address.c_str(),
                  six ? static_cast<void*>(&v6.sin6_addr) : &v4.sin_addr) != 1 ||
      ::bind(fd.get(), static_cast<const sockaddr*>(raw), size) < 0 || ::listen(fd.get(), 16) < 0)
    throw std::system_error(errno, std::generic_category(), "listen at " + address);
  return fd;
}

bool Readable(const Fd& fd) {
  pollfd one{.fd = fd.get(), .events = POLLIN, .revents = 0};
  return ::poll(&one, 1, kPollMs) > 0;
}

}  // namespace

MetadataServer::MetadataServer(const std::string& address,
                               std::map<std::string, std::string> answers)
    : answers_(std::move(answers)),
      listener_(Listen(address)),
      thread_([this](std::stop_token stop) { Serve(std::move(stop)); }) {}

MetadataServer::~MetadataServer() = default;

std::vector<std::string> MetadataServer::Requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

void MetadataServer::Serve(std::stop_token stop) {
  std::vector<Fd> held;  // connections that get no answer
  while (!stop.stop_requested()) {
    if (!Readable(listener_)) continue;
    Fd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::string head;
    std::array<char, 4096> buffer;
    while (head.find("\r\n\r\n") == std::string::npos && !stop.stop_requested()) {
      if (!Readable(peer)) continue;
      const ssize_t count = ::recv(peer.get(), buffer.data(), buffer.size(), 0);
      if (count <= 0) break;
      head.append(buffer.data(), static_cast<std::size_t>(count));
    }
    const std::string target = head.substr(0, head.find(" HTTP/"));
    {
      const std::scoped_lock lock(mutex_);
      requests_.push_back(head);
    }
    const auto found = answers_.find(target);
    const std::string answer =
        found == answers_.end() ? HttpAnswer("404 Not Found", "no such page") : found->second;
    if (answer.empty())
      held.push_back(std::move(peer));
    else
      (void)::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  }
}

std::string HttpAnswer(const std::string& status, const std::string& body,
                       const std::string& headers) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n" + headers + "\r\n" + body;
}

}  // namespace powernode::identity::testing
