// A platform URL is an origin and nothing else (node-api.md §1.1).
#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace powernode {

struct Origin {
  std::string scheme;  // "https", or "http" for loopback in tests
  std::string host;    // a name, an IPv4 address or an IPv6 address without brackets; lower case
  int port = 443;

  std::string ToString() const;  // "https://host:port"; the port is left out when it is the default
  bool operator==(const Origin&) const = default;
};

// "https://host[:port]" with any number of trailing slashes. kInvalid "bad_platform_url": other
// schemes, user info, path, query, fragment, control characters, a bad port. http is accepted only
// for loopback.
Result<Origin> ParseOrigin(std::string_view text);

// ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$ without "..": ids that may stand in a path (TR-3).
bool IsPathId(std::string_view id);

}  // namespace powernode
