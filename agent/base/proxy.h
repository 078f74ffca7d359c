// The HTTP proxy that a configuration may name: everything to the platform goes through it by
// CONNECT (RFC 9110 §9.3.6), so that it carries TLS which it cannot read.
#pragma once

#include <string_view>

#include "agent/base/result.h"
#include "agent/base/url.h"

namespace powernode {

// "http://host:port" and nothing else. kInvalid "bad_proxy".
Result<Origin> ParseProxy(std::string_view text);

}  // namespace powernode
