// The server's side of TLS: which certificate it shows and which client certificates it takes. A
// presented one must chain to an authority for leaves, or the handshake fails; whether it has ended
// is the control plane's own clock's business (authenticate.h). After a roll of the authority, new
// connections get a new certificate and those that are open go on.
//
// Threads share one.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/platform/authorities.h"
#include "tests/platform/control_plane.h"
#include "tests/platform/openssl.h"

namespace powernode::platform {

struct TlsSettings {
  std::vector<std::string> dns_names;
  std::vector<std::string> addresses;
  ServerFlaw flaw = ServerFlaw::kNone;
  bool asks_for_certificates = true;  // false: as behind a proxy that forwards none
};

class TlsServer {
 public:
  explicit TlsServer(TlsSettings settings) : settings_(std::move(settings)) {}

  // Ready for a socket.
  Result<Tls> NewConnection(const ConnectionPlan& plan);

 private:
  Result<ServerCertificate> IssueServer(const ConnectionPlan& plan, ServerFlaw flaw) const;
  Status MakeContext(const ConnectionPlan& plan);

  const TlsSettings settings_;
  std::mutex mutex_;
  std::shared_ptr<const Authorities> made_for_;
  TlsContext context_;
};

}  // namespace powernode::platform
