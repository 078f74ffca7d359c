#include "enroll/transport.h"

#include "agent/base/curl_transport.h"

namespace powernode::enroll {

TransportFactory CurlTransports() {
  return [](TlsIdentity tls) -> Result<std::unique_ptr<HttpTransport>> {
    ASSIGN_OR_RETURN(std::unique_ptr<CurlTransport> transport,
                     CurlTransport::Create(std::move(tls)));
    return std::unique_ptr<HttpTransport>(std::move(transport));
  };
}

}  // namespace powernode::enroll
