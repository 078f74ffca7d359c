// Whether a timestamp by an authority of the trusted root stands for a signature, and when it says
// that it saw it (signatures.md §11, rows 8 to 12).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "agent/base/result.h"
#include "verify/x509/authority.h"
#include "verify/x509/instant.h"

namespace powernode::verify::x509 {

struct VerifiedTimestamp {
  Instant time;
  std::size_t authority = 0;  // its place among the authorities
};

// `der` is a TimeStampResp; `signature` the raw bytes of the signature that was stamped, not the
// artifact. nullopt: the token's authority is not among those given; it counts neither for nor
// against. kRefuted "time": the authority is known and a check did not hold, or the token is
// malformed; kCannotTell "time": an algorithm or key is not supported.
Result<std::optional<VerifiedTimestamp>> VerifyTimestamp(std::string_view der,
                                                         std::string_view signature,
                                                         std::span<const Authority> authorities);

}  // namespace powernode::verify::x509
