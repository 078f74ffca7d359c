// A plain HTTP request to a service of the machine's own network, held to what is left of a budget.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "agent/base/clock.h"
#include "agent/base/http.h"

namespace powernode::identity {

struct MetadataCall {
  HttpTransport& transport;
  Clock& clock;
  std::chrono::milliseconds deadline;  // of clock.Monotonic()
  std::stop_token stop;

  // Connecting gets half a second, since nobody may be there; an answer gets all that is left.
  // `request` comes without limits. Errors: the transport's; kUnavailable "timeout" when nothing is
  // left.
  Result<HttpResponse> Send(HttpRequest request) const;
};

}  // namespace powernode::identity
