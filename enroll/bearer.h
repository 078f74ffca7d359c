// The bearer that older platforms give beside the certificate (node-api.md §2.3): a JWT (RFC 7519)
// of which the two times are read and nothing else. Nobody here verifies it: the platform does, and
// the node needs to know only when it ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "agent/base/secret.h"

namespace powernode::enroll {

struct Bearer {
  Secret token;
  std::int64_t issued_at = 0;  // seconds since 1970
  std::int64_t expires_at = 0;

  // When half of its life is over.
  std::int64_t RenewalTime() const { return issued_at + (expires_at - issued_at) / 2; }
};

// nullopt: not a JWT that ends after it begins, or longer than a header may be.
std::optional<Bearer> ReadBearer(std::string_view text);

}  // namespace powernode::enroll
