// The TLS side of the control plane: accepts connections, asks each for a client certificate
// without insisting (node-api.md §22), reads requests with cpp-httplib and sends what the
// ControlPlane answers. A presented certificate must chain to the leaf authority, or the handshake
// fails; whether it is expired is the control plane's own clock's business (authenticate.h).
//
// One thread a connection, from a pool. Stop() may be called from any thread; Run() then returns.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "tests/platform/authority.h"
#include "tests/platform/control_plane.h"
#include "tests/platform/http_library.h"
#include "tests/platform/openssl.h"

namespace powernode::platform {

class TlsListener final : private httplib::Server {
 public:
  // `leaf_root` is the certificate that client certificates must chain to. `plane` must outlive the
  // listener.
  static Result<TlsContext> MakeContext(const ServerCertificate& certificate, X509* server_root,
                                        X509* leaf_root);
  TlsListener(TlsContext context, ControlPlane& plane);

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

  TlsContext context_;
  ControlPlane& plane_;
  std::atomic<bool> stopping_ = false;
  std::mutex open_mutex_;
  std::set<int> open_;  // sockets that Stop() must wake
};

}  // namespace powernode::platform
