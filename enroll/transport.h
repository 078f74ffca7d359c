// How the platform is reached: a function that makes one connection's worth of HTTP transport.
// Production passes CurlTransports(); tests may pass another.
#pragma once

#include <functional>
#include <memory>

#include "agent/base/http.h"

namespace powernode::enroll {

using TransportFactory = std::function<Result<std::unique_ptr<HttpTransport>>(TlsIdentity)>;

TransportFactory CurlTransports();

}  // namespace powernode::enroll
