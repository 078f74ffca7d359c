// One TLS connection as cpp-httplib's Stream, and the place where wire faults happen: the plan for
// the current answer says after how many body bytes to go silent, to close, or to send a wrong one.
// cpp-httplib writes the header block in one call and the body after it, which is how the two are
// told apart.
//
// Used by one thread. The socket is blocking, with time-outs set by the listener.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "tests/platform/fault_effects.h"
#include "tests/platform/http_library.h"
#include "tests/platform/openssl.h"

namespace powernode::platform {

class TlsStream final : public httplib::Stream {
 public:
  // `stopping` ends a stall; it must outlive the stream, as must the socket.
  TlsStream(Tls tls, int socket, const std::atomic<bool>& stopping);
  ~TlsStream() override;

  // Waits until a request can be read; false on end, time-out or error.
  bool WaitForRequest();
  // The answer that is written next.
  void BeginAnswer(const WirePlan& plan);
  const WirePlan& plan() const { return plan_; }
  // True when the connection cannot carry another request.
  bool dead() const { return dead_; }
  const SSL* tls() const { return tls_.get(); }
  Peer DescribePeer() const;

  bool is_readable() const override;
  bool is_writable() const override { return !dead_; }
  ssize_t read(char* data, size_t size) override;
  ssize_t write(const char* data, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  bool Send(const char* data, std::size_t size);
  bool SendBody(const char* data, std::size_t size);
  void StaySilent();
  void Kill();

  Tls tls_;
  int socket_;
  const std::atomic<bool>& stopping_;
  WirePlan plan_;
  bool headers_sent_ = false;
  std::uint64_t body_sent_ = 0;
  bool dead_ = false;
};

}  // namespace powernode::platform
