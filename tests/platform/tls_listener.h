// The TLS side of the control plane: accepts connections, asks each for a client certificate
// without insisting (node-api.md §22), reads requests with cpp-httplib and sends what the
// ControlPlane answers.
//
// One thread a connection, from a pool. Stop() may be called from any thread; Run() then returns.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "tests/platform/control_plane.h"
#include "tests/platform/http_library.h"
#include "tests/platform/tls_server.h"

namespace powernode::platform {

class TlsListener final : private httplib::Server {
 public:
  // `plane` must outlive the listener.
  TlsListener(ControlPlane& plane, TlsSettings settings);

  // Port 0 takes a free one. Returns the port.
  Result<int> Bind(const std::string& host, int port);
  void Run();
  using httplib::Server::is_running;
  void Stop();

 private:
  bool process_and_close_socket(socket_t socket) override;
  void ServeConnection(int socket);
  void Answer(const httplib::Request& request, httplib::Response& response);
  static void FalsifyLength(const httplib::Request& request, httplib::Response& response);

  ControlPlane& plane_;
  TlsServer server_;
  std::atomic<bool> stopping_ = false;
  std::mutex open_mutex_;
  std::set<int> open_;  // sockets that Stop() must wake
};

}  // namespace powernode::platform
