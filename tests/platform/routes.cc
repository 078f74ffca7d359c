#include "tests/platform/routes.h"

#include <algorithm>

namespace powernode::platform {
namespace {

bool IsIdCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text[0] != '.' && text[0] != '_' && text[0] != '-' &&
         std::all_of(text.begin(), text.end(), IsIdCharacter);
}

bool Matches(std::string_view pattern, const std::vector<std::string>& segments) {
  for (const std::string& segment : segments) {
    if (pattern.empty()) return false;
    const std::string_view wanted = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(std::min(wanted.size() + 1, pattern.size()));
    if (wanted.front() == ':' ? !IsId(segment) : wanted != segment) return false;
  }
  return pattern.empty();
}

const Route* FindRoute(const Personality& personality, const Request& request) {
  for (const std::span<const Route> routes : {personality.own, personality.shared}) {
    for (const Route& route : routes) {
      if (route.method == request.method && Matches(route.pattern, request.segments)) return &route;
    }
  }
  return nullptr;
}

}  // namespace powernode::platform
