// A TCP socket of the test's own on a free port of 127.0.0.1: one that listens, or one that only
// keeps the port, so that nobody listens there.
#pragma once

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

#include "agent/base/fd.h"

namespace powernode::testing {

inline sockaddr_in LoopbackAddress(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

enum class Listening { kYes, kNo };

class LoopbackSocket {
 public:
  explicit LoopbackSocket(Listening listening = Listening::kYes) {
    REQUIRE(fd_.valid());
    sockaddr_in address = LoopbackAddress(0);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    if (listening == Listening::kYes) REQUIRE(::listen(fd_.get(), 4) == 0);
    REQUIRE(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
  }

  int fd() const { return fd_.get(); }
  int port() const { return port_; }

 private:
  Fd fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int port_ = 0;
};

}  // namespace powernode::testing
