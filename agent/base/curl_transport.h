// HttpTransport over libcurl and mbedTLS: one easy handle, one connection kept alive, HTTP/1.1, no
// redirect, no system roots, no proxy but the one it is given. Of IPv6
// and IPv4 addresses the first that answers is used. One request at a time; a second thread waits
// for the first one's end, so each loop of the agent has a transport of its own.
//
// The certificate's own dates and names come into the error when the peer is not trusted, together
// with this node's time: a wrong clock is the most common cause (EN-9).
#pragma once

#include <memory>
#include <optional>

#include "agent/base/http.h"
#include "agent/base/url.h"

namespace powernode {

class CurlTransport : public HttpTransport {
 public:
  // kInvalid "no_trust_anchor": no certificate in ca_pem can be read (without any ca_pem, https
  // fails likewise); "bad_certificate": client certificate or key cannot be read.
  static Result<std::unique_ptr<CurlTransport>> Create(TlsIdentity tls,
                                                       std::optional<Origin> proxy = std::nullopt);
  ~CurlTransport() override;

  Result<HttpResponse> Perform(const HttpRequest& request, std::stop_token stop) override;

 private:
  struct State;
  explicit CurlTransport(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// "libcurl/8.14.1 mbedTLS/3.6.6 c-ares/1.34.5".
std::string HttpLibraryVersions();

}  // namespace powernode
