// A real TLS server on loopback, in a process of its own (tls_server.py); ends with the object.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "agent/base/fd.h"
#include "tests/base/certificate_authority.h"
#include "tests/support/temporary_directory.h"

namespace powernode::testing {

class TlsServer {
 public:
  struct Options {
    std::string client_ca_pem;  // empty: asks no client for a certificate
    bool tls12_only = false;
    std::string listen = "127.0.0.1";
    double handshake_delay = 0;  // seconds
  };

  explicit TlsServer(const KeyPair& pair) : TlsServer(pair, Options()) {}
  TlsServer(const KeyPair& pair, const Options& options);
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;
  ~TlsServer();

  int port() const { return port_; }
  // "https://<host>:<port>/<path>"
  std::string Url(const std::string& path, const std::string& host = "127.0.0.1") const;

 private:
  TemporaryDirectory files_;
  Fd input_;  // closing it ends the server
  pid_t process_ = 0;
  int port_ = 0;
};

}  // namespace powernode::testing
