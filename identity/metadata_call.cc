#include "identity/metadata_call.h"

#include <algorithm>

#include "identity/user_data.h"

namespace powernode::identity {
namespace {

constexpr std::chrono::milliseconds kConnect{500};

}  // namespace

Result<HttpResponse> MetadataCall::Send(HttpRequest request) const {
  const std::chrono::milliseconds left = deadline - clock.Monotonic();
  if (left.count() <= 0) return Error(ErrorKind::kUnavailable, "timeout", "no time is left to ask");
  request.limits = {.connect = std::min(kConnect, left),
                    .first_byte = left,
                    .total = left,
                    .max_body = kMaxUserData};
  return transport.Perform(request, stop);
}

}  // namespace powernode::identity
