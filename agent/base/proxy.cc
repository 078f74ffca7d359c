#include "agent/base/proxy.h"

#include <string>

namespace powernode {

Result<Origin> ParseProxy(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  const auto bad = [] {
    return Error(ErrorKind::kInvalid, "bad_proxy", "proxy: expected http://host:port");
  };
  if (!text.starts_with(kScheme)) return bad();
  text.remove_prefix(kScheme.size());
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.find(']', colon) != std::string_view::npos ||
      text.ends_with('/'))
    return bad();
  Result<Origin> origin = ParseOrigin("https://" + std::string(text));  // any host may be one
  if (!origin) return bad();
  origin->scheme = "http";
  return origin;
}

}  // namespace powernode
