// How the platform is reached: a function that makes one connection's worth of HTTP transport.
// Production passes CurlTransports(); tests may pass another.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "agent/base/http.h"
#include "agent/base/url.h"

namespace powernode::enroll {

using TransportFactory = std::function<Result<std::unique_ptr<HttpTransport>>(TlsIdentity)>;

struct TransportSettings {
  TlsVersion tls_min = TlsVersion::k13;
  std::optional<Origin> proxy = std::nullopt;
};

TransportFactory CurlTransports(TransportSettings settings = {});

}  // namespace powernode::enroll
