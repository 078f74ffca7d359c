#include "enroll/transport.h"

#include "agent/base/curl_transport.h"

namespace powernode::enroll {

TransportFactory CurlTransports(TransportSettings settings) {
  return
      [settings = std::move(settings)](TlsIdentity tls) -> Result<std::unique_ptr<HttpTransport>> {
        tls.minimum = settings.tls_min;
        ASSIGN_OR_RETURN(std::unique_ptr<CurlTransport> transport,
                         CurlTransport::Create(std::move(tls), settings.proxy));
        return std::unique_ptr<HttpTransport>(std::move(transport));
      };
}

}  // namespace powernode::enroll
