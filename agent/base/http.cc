#include "agent/base/http.h"

namespace powernode {

std::optional<std::string_view> HttpResponse::Header(std::string_view name) const {
  for (const HttpHeader& header : headers)
    if (header.name == name) return header.value;
  return std::nullopt;
}

}  // namespace powernode
